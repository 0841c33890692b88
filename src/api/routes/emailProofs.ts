import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { askForCode, enterCode, NotNow, TooOften } from '../../core/addresses/codes.ts';
import { proofOf } from '../../core/addresses/proof.ts';
import { nextLookAt } from '../../infra/dns/lookGap.ts';
import type { AddressProofRow, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { WorkspaceEmail } from '../../core/presenters/workspaceEmail.ts';
import { Problem } from '../problem.ts';
import { findEmail, showEmail } from './workspaceEmails.ts';

const CodeBody = z.strictObject({
  code: z
    .string('must be text')
    .transform((text) => text.replace(/\s/g, ''))
    .refine((text) => /^\d{6}$/.test(text), 'must be the six digits of the mail'),
});

/** Proving an address that is elsewhere, by its owners. All answer with the address. */
export function emailProofRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const keyed = idempotent(deps);
  /** Its run looks at the row: now, or when Temporal is back. */
  const look = ({ _id, run }: AddressProofRow) => deps.setUps.add('verifyForwarding', { id: _id, run });

  router.post(
    '/emails/:id/verify',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Prove an address by the code that was mailed to it',
        body: CodeBody,
        answer: WorkspaceEmail,
        etag: true,
        find: (ctx) => findEmail(ctx, deps),
        refuses: { 409: 'No code counts just now, as after ten wrong ones: have another one sent.' },
      },
      async (ctx, { body }) => {
        const { proof } = await findProof(ctx, deps);
        await asProblems(() => enterCode(models, proof, body.code));
        // Where nobody hears of it the worker's sweep lets held mail go.
        void deps.wakeSetUp('verifyForwarding', { id: proof._id, run: proof.run });
        return showEmail(ctx, deps, await findEmail(ctx, deps));
      },
    ),
  );

  router.post(
    '/emails/:id/send-code',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Have another code mailed to an address',
        status: 202,
        answer: WorkspaceEmail,
        etag: true,
        refuses: { 409: 'It is proved already.' },
      },
      async (ctx) => {
        const { email, proof } = await findProof(ctx, deps);
        look(await asProblems(() => askForCode(models, email, proof)));
        return showEmail(ctx, deps, await findEmail(ctx, deps));
      },
    ),
  );

  router.post(
    '/emails/:id/check',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Look for the DNS record of an address now',
        description: 'Or some seconds after the last look.',
        status: 202,
        answer: WorkspaceEmail,
        etag: true,
        refuses: { 409: 'The time for its proof is over.' },
      },
      async (ctx) => {
        const { email, proof } = await findProof(ctx, deps);
        if (proof.state === 'expired')
          throw new Problem(
            409,
            'The time for this proof is over: have another code sent, and it begins again.',
          );
        const { _id, run, check_wanted_at } = proof;
        const due = nextLookAt(proof.dns_checked_at, check_wanted_at);
        if (due) {
          // Decided on the row as it was read: of many at once one is heard.
          const { modifiedCount } = await models.AddressProof.updateOne(
            { _id, run, state: 'pending', check_wanted_at },
            { $set: { check_wanted_at: due, wants_start: true } },
          );
          if (modifiedCount === 1) look(proof);
        }
        return showEmail(ctx, deps, email);
      },
    ),
  );
}

/** @throws Problem 404, and 409 where the address needs no proof of its own */
async function findProof(
  ctx: RouterContext<ApiState>,
  deps: RouteDeps,
): Promise<{ email: WorkspaceEmailRow; proof: AddressProofRow }> {
  const email = await findEmail(ctx, deps);
  const proof = await proofOf(deps.models, email);
  if (!proof) throw new Problem(409, 'This address needs no proof of its own.');
  return { email, proof };
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
