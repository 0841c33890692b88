import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { askForCode, enterCode, NotNow, TooOften } from '../../core/addresses/codes.ts';
import { wantProofLook } from '../../core/addresses/wantProofLook.ts';
import { WorkspaceEmail } from '../../core/presenters/workspaceEmail.ts';
import type { AddressProofRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { findEmail, findProof, showEmail } from '../findEmail.ts';
import { Problem } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const CodeBody = z.strictObject({
  code: z
    .string('must be text')
    .transform((text) => text.replace(/\s/g, ''))
    .refine((text) => /^\d{6}$/.test(text), 'must be the six digits from the mail'),
});

/** Below an address that is hosted elsewhere: proving that it belongs to the workspace; for owners. */
export function emailProofRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  const find = (ctx: RouterContext<ApiState>) => findEmail(ctx, models);
  /** Its run reads the row: now, or once Temporal is available again. */
  const startRun = ({ _id, run }: AddressProofRow) => deps.setUps.add('verifyForwarding', { id: _id, run });

  route(
    {
      method: 'POST',
      path: '/emails/:id/verify',
      role: 'owner',
      scope: 'admin',
      summary: 'Verify an address with its code',
      description: 'The code was mailed to the address.',
      body: CodeBody,
      answer: WorkspaceEmail,
      idempotency: 'answer kept',
      etag: true,
      refuses: {
        409: 'No code is valid at the moment, for example after ten wrong ones: request a new one.',
      },
      find,
    },
    async (ctx, { row, body }) => {
      const proof = await findProof(models, row);
      await asProblems(() => enterCode(models, proof, body.code));
      // If Temporal is unavailable, the sweep of the worker releases held mail later.
      void deps.wakeSetUp('verifyForwarding', { id: proof._id, run: proof.run });
      return showEmail(ctx, models, await findEmail(ctx, models));
    },
  );

  route(
    {
      method: 'POST',
      path: '/emails/:id/send-code',
      role: 'owner',
      scope: 'admin',
      summary: 'Send another code to an address',
      status: 202,
      answer: WorkspaceEmail,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: 'The address is already proved.' },
      find,
    },
    async (ctx, { row }) => {
      const proof = await findProof(models, row);
      startRun(await asProblems(() => askForCode(models, row, proof)));
      return showEmail(ctx, models, await findEmail(ctx, models));
    },
  );

  route(
    {
      method: 'POST',
      path: '/emails/:id/check',
      role: 'owner',
      scope: 'admin',
      summary: 'Check the DNS record of an address now',
      description: 'Looks at the record now, or some seconds after the last look.',
      status: 202,
      answer: WorkspaceEmail,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: 'The time for the proof is over.' },
      find,
    },
    async (ctx, { row }) => {
      const proof = await findProof(models, row);
      if (proof.state === 'expired')
        throw new Problem(409, 'The time for this proof is over. Request a new code to start again.');
      if (await wantProofLook(models, proof)) startRun(proof);
      return showEmail(ctx, models, row);
    },
  );
}

async function asProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotNow) throw new Problem(409, error.message);
    if (!(error instanceof TooOften)) throw error;
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    throw new Problem(429, `${error.message} Try again in ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  }
}
