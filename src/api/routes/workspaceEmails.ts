import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { addEmail } from '../../addresses/addEmail.ts';
import {
  applyEmailChange,
  emailChange,
  removeEmail,
  settingsOf,
  writeEmailChange,
} from '../../addresses/changeEmail.ts';
import { addForwardingAddress } from '../../addresses/forwardingAddress.ts';
import { proofOf } from '../../addresses/proof.ts';
import type { WorkspaceEmailRow } from '../../models/index.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { Address, OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';
import { showEmails } from '../showEmails.ts';

const MAX_NAME_CHARS = 200;
const fields = {
  display_name: OneLine(MAX_NAME_CHARS),
  purpose: z.enum(['ticket', 'inbox'], 'must be "ticket" or "inbox"'),
  user_id: z.string('must be the id of a member').nullable(),
};
const flag = z.boolean('must be true or false').optional();

const NewEmailBody = z.strictObject({
  ...fields,
  address: Address,
  kind: z.enum(['platform', 'forwarding', 'domain'], 'must be "platform", "forwarding" or "domain"'),
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

/**
 * `emails`, `emails/{id}`: the workspace's addresses. Every member sees that an address exists, not what comes to it. Owners add
 * (201), change and delete (204) them, and give them forwarding addresses (`POST …/{id}/forwarding-addresses`, 201 with the
 * address); 403 for other members; 412 where it is no longer what `If-Match` says. How an address is proved: emailProofs.ts.
 */
export function workspaceEmailRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const { platformDomain } = deps.config;
  const keyed = idempotent(deps);

  router.get('/emails', user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
    const page = await readPage<WorkspaceEmailRow>(models.WorkspaceEmail, here, query, {
      order: 'newest first',
    });
    ctx.body = {
      data: await showEmails(models, page.rows, ctx.state.user),
      next_cursor: page.next_cursor,
    };
  });

  router.get('/emails/:id', user, async (ctx) => {
    await show(ctx, deps, await findEmail(ctx, deps));
  });

  router.post('/emails', user, ownersOnly, jsonBody, keyed, async (ctx) => {
    const body = readBody(ctx, NewEmailBody);
    const { workspaceId } = ctx.state.user;
    const email = await addEmail(
      { models, platformDomain },
      {
        ...{ workspaceId, address: body.address, purpose: body.purpose, kind: body.kind },
        ...{ displayName: body.display_name, userId: body.user_id },
        sharedForwarding: body.forwarding_address ?? null,
      },
    );
    const proof = await proofOf(models, email);
    if (proof?.wants_start) deps.setUps.add('verifyForwarding', { id: proof._id, run: proof.run });
    ctx.status = 201;
    await show(ctx, deps, email);
  });

  router.patch('/emails/:id', user, ownersOnly, jsonBody, async (ctx) => {
    const wanted = readBody(ctx, EmailChangeBody);
    const email = await changeRow<WorkspaceEmailRow>(ctx, {
      find: () => findEmail(ctx, deps),
      etag,
      decide: (row) => emailChange(models, row, wanted),
      write: (row, set) => writeEmailChange(models, row, set),
    });
    await applyEmailChange(models, email, wanted);
    await show(ctx, deps, await findEmail(ctx, deps));
  });

  router.delete('/emails/:id', user, ownersOnly, async (ctx) => {
    const email = await findEmail(ctx, deps);
    const proof = await proofOf(models, email);
    await removeEmail(models, email);
    if (proof) void deps.wakeSetUp('verifyForwarding', { id: proof._id, run: proof.run });
    ctx.status = 204;
  });

  router.post('/emails/:id/forwarding-addresses', user, ownersOnly, keyed, async (ctx) => {
    const { _id, address } = await addForwardingAddress(models, await findEmail(ctx, deps), platformDomain);
    ctx.status = 201;
    ctx.body = { id: _id, address };
  });
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

export async function show(
  ctx: RouterContext<ApiState>,
  { models }: RouteDeps,
  email: WorkspaceEmailRow,
): Promise<void> {
  ctx.set('ETag', etag(email));
  [ctx.body] = await showEmails(models, [email], ctx.state.user);
}
