import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { addEmail } from '../../core/addresses/addEmail.ts';
import {
  applyEmailChange,
  emailChange,
  removeEmail,
  settingsOf,
  writeEmailChange,
} from '../../core/addresses/changeEmail.ts';
import { addForwardingAddress } from '../../core/addresses/forwardingAddress.ts';
import { proofOf } from '../../core/addresses/proof.ts';
import type { WorkspaceEmailRow } from '../../infra/models/index.ts';
import { EMAIL_KINDS, PURPOSES } from '../../infra/models/workspaceEmail.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { Address, OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { ForwardingAddress, WorkspaceEmail } from '../../core/presenters/workspaceEmail.ts';
import { notFound } from '../problem.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showEmails } from '../../core/presenters/showEmails.ts';

const MAX_NAME_CHARS = 200;
const fields = {
  display_name: OneLine(MAX_NAME_CHARS),
  purpose: z.enum(PURPOSES, 'must be "ticket" or "inbox"'),
  user_id: z.string('must be the id of a member').nullable(),
};
const flag = z.boolean('must be true or false').optional();

const NewEmailBody = z.strictObject({
  ...fields,
  address: Address,
  kind: z.enum(EMAIL_KINDS, 'must be "platform", "forwarding" or "domain"'),
  display_name: fields.display_name.default(''),
  user_id: fields.user_id.default(null),
  forwarding_address: Address.nullish(),
});
const EmailChangeBody = z.strictObject({
  display_name: fields.display_name.optional(),
  purpose: fields.purpose.optional(),
  user_id: fields.user_id.optional(),
  can_receive: flag,
  can_send: flag,
  active: flag,
});

/** `emails`: the workspace's addresses. Every member sees that one exists, not what comes to it. How one is proved: emailProofs.ts. */
export function workspaceEmailRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const { platformDomain } = deps.config;
  const keyed = idempotent(deps);

  router.get(
    '/emails',
    user,
    operation(
      { summary: 'List addresses', query: ListQuery, answer: pageOf(WorkspaceEmail) },
      async (ctx, { query }) => {
        const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
        const page = await readPage<WorkspaceEmailRow>(models.WorkspaceEmail, here, query, {
          order: 'newest first',
        });
        const data = await showEmails(models, page.rows, ctx.state.user);
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/emails/:id',
    user,
    operation({ summary: 'Read an address', answer: WorkspaceEmail, etag: true }, async (ctx) =>
      showEmail(ctx, deps, await findEmail(ctx, deps)),
    ),
  );

  router.post(
    '/emails',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Add an address',
        description:
          'On the platform’s domain it works at once; one that is elsewhere (`forwarding`) is to be proved; one of a domain of the workspace (`domain`) needs no further proof.',
        body: NewEmailBody,
        status: 201,
        answer: WorkspaceEmail,
        etag: true,
      },
      async (ctx, { body }) => {
        const { workspaceId } = ctx.state.user;
        const email = await addEmail(
          { models, platformDomain },
          {
            workspaceId,
            address: body.address,
            purpose: body.purpose,
            kind: body.kind,
            displayName: body.display_name,
            userId: body.user_id,
            sharedForwarding: body.forwarding_address ?? null,
          },
        );
        const proof = await proofOf(models, email);
        if (proof?.wants_start) deps.setUps.add('verifyForwarding', { id: proof._id, run: proof.run });
        return showEmail(ctx, deps, email);
      },
    ),
  );

  router.patch(
    '/emails/:id',
    user,
    ownersOnly,
    jsonBody,
    operation(
      {
        summary: 'Change an address',
        description: 'Purpose and user count for new mail: threads stay where they are.',
        body: EmailChangeBody,
        answer: WorkspaceEmail,
        etag: true,
        find: (ctx) => findEmail(ctx, deps),
      },
      async (ctx, { body }) => {
        const email = await changeRow<WorkspaceEmailRow>(ctx, {
          find: () => findEmail(ctx, deps),
          etag,
          decide: (row) => emailChange(models, row, body),
          write: (row, set) => writeEmailChange(models, row, set),
        });
        await applyEmailChange(models, email, body);
        return showEmail(ctx, deps, await findEmail(ctx, deps));
      },
    ),
  );

  router.delete(
    '/emails/:id',
    user,
    ownersOnly,
    operation(
      { summary: 'Delete an address', description: 'Its threads stay; new mail to it is skipped.' },
      async (ctx) => {
        const email = await findEmail(ctx, deps);
        const proof = await proofOf(models, email);
        await removeEmail(models, email);
        if (proof) void deps.wakeSetUp('verifyForwarding', { id: proof._id, run: proof.run });
      },
    ),
  );

  router.post(
    '/emails/:id/forwarding-addresses',
    user,
    ownersOnly,
    keyed,
    operation(
      { summary: 'Add a forwarding address to an address', status: 201, answer: ForwardingAddress },
      async (ctx) => {
        const email = await findEmail(ctx, deps);
        const { _id, address } = await addForwardingAddress(models, email, platformDomain);
        return { id: _id, address };
      },
    ),
  );
}

/** How far its proof is, and its forwarding addresses, are no part of it: they move by themselves, and no change overwrites them. */
const etag = (row: WorkspaceEmailRow) => etagOf('email', row._id, settingsOf(row));

/** @throws Problem 404 */
export async function findEmail(
  ctx: RouterContext<ApiState>,
  { models }: RouteDeps,
): Promise<WorkspaceEmailRow> {
  const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null, _id: ctx.params.id };
  const row = await models.WorkspaceEmail.findOne(here).lean<WorkspaceEmailRow>();
  if (!row) throw notFound();
  return row;
}

export async function showEmail(
  ctx: RouterContext<ApiState>,
  { models }: RouteDeps,
  email: WorkspaceEmailRow,
) {
  ctx.set('ETag', etag(email));
  const [shown] = await showEmails(models, [email], ctx.state.user);
  return shown!;
}
