import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { addEmail } from '../../core/addresses/addEmail.ts';
import {
  applyEmailChange,
  emailChange,
  removeEmail,
  writeEmailChange,
} from '../../core/addresses/changeEmail.ts';
import { addForwardingAddress } from '../../core/addresses/forwardingAddress.ts';
import { proofOf } from '../../core/addresses/proof.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showEmails } from '../../core/presenters/showEmails.ts';
import { ForwardingAddress, WorkspaceEmail } from '../../core/presenters/workspaceEmail.ts';
import type { WorkspaceEmailRow } from '../../infra/models/index.ts';
import { MAX_FORM_SENDERS } from '../../mail/formSenders.ts';
import { EMAIL_KINDS, PURPOSES } from '../../infra/models/workspaceEmail.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { Address, FormSender, OneLine } from '../fields.ts';
import { emailTag, findEmail, showEmail } from '../findEmail.ts';
import { ListQuery, readPage } from '../paging.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { Html, safeTexts } from '../safeHtml.ts';

const MAX_NAME_CHARS = 200;
const fields = {
  display_name: OneLine(MAX_NAME_CHARS),
  purpose: z.enum(PURPOSES, 'must be "ticket" or "inbox"'),
  user_id: z.string('must be the id of a member').nullable(),
  team_id: z.string('must be the id of a team').nullable(),
};
const flag = z.boolean('must be true or false').optional();

const NewEmailBody = z.strictObject({
  ...fields,
  address: Address,
  kind: z.enum(EMAIL_KINDS, 'must be "platform", "forwarding" or "domain"'),
  display_name: fields.display_name.default(''),
  user_id: fields.user_id.default(null),
  team_id: fields.team_id.default(null),
  forwarding_address: Address.nullish(),
});
const EmailChangeBody = z.strictObject({
  display_name: fields.display_name.optional(),
  purpose: fields.purpose.optional(),
  user_id: fields.user_id.optional(),
  team_id: fields.team_id.optional(),
  can_receive: flag,
  can_send: flag,
  active: flag,
  signature: Html.nullable().optional(),
  form_senders: z
    .array(FormSender, 'must be a list of domains')
    .max(MAX_FORM_SENDERS, `must be at most ${MAX_FORM_SENDERS} domains`)
    .transform((domains) => [...new Set(domains)])
    .optional(),
});

/**
 * `emails`: the addresses of the workspace. Every member sees that an address exists, but not necessarily its
 * mail. How an address is proved: emailProofs.ts.
 */
export function workspaceEmailRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  const { platformDomain } = deps.config;
  const find = (ctx: RouterContext<ApiState>) => findEmail(ctx, models);

  route(
    {
      method: 'GET',
      path: '/emails',
      role: 'member',
      scope: 'read',
      summary: 'List addresses',
      query: ListQuery,
      answer: pageOf(WorkspaceEmail),
    },
    async (ctx, { query }) => {
      const filter = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
      const page = await readPage<WorkspaceEmailRow>(models.WorkspaceEmail, filter, query, {
        order: 'newest first',
      });
      const data = await showEmails(models, page.rows, ctx.state.user);
      return { data, next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/emails/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read an address',
      answer: WorkspaceEmail,
      etag: true,
      find,
    },
    (ctx, { row }) => showEmail(ctx, models, row),
  );

  route(
    {
      method: 'POST',
      path: '/emails',
      role: 'owner',
      scope: 'admin',
      summary: 'Add an address',
      description:
        'An address on the domain of the platform (`platform`) works at once. An address that is hosted ' +
        'elsewhere (`forwarding`) must be proved. An address on a domain of the workspace (`domain`) ' +
        'needs no further proof.',
      body: NewEmailBody,
      status: 201,
      answer: WorkspaceEmail,
      idempotency: 'answer kept',
      etag: true,
    },
    async (ctx, { body }) => {
      const email = await addEmail(
        { models, platformDomain },
        {
          workspaceId: ctx.state.user.workspaceId,
          address: body.address,
          purpose: body.purpose,
          kind: body.kind,
          displayName: body.display_name,
          userId: body.user_id,
          teamId: body.team_id,
          sharedForwarding: body.forwarding_address ?? null,
        },
      );
      const proof = await proofOf(models, email);
      if (proof?.wants_start) deps.setUps.add('verifyForwarding', { id: proof._id, run: proof.run });
      return showEmail(ctx, models, email);
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/emails/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Change an address',
      description: 'Purpose, user and team affect new mail only: existing threads stay where they are.',
      body: EmailChangeBody,
      answer: WorkspaceEmail,
      etag: true,
      find,
    },
    async (ctx, { row, body: { signature, ...settings } }) => {
      const html = signature?.trim() ? (await safeTexts(ctx, deps, { html: signature })).html : null;
      const body = { ...settings, ...(signature !== undefined && { signature: html }) };
      const changed = await changeRow<WorkspaceEmailRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag: emailTag,
        decide: (read) => emailChange(models, read, body),
        write: (read, set) => writeEmailChange(models, read, set),
      });
      await applyEmailChange(models, changed, body);
      return showEmail(ctx, models, await find(ctx));
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/emails/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Delete an address',
      description: 'Its threads stay. New mail to it is skipped.',
      find,
    },
    async (_ctx, { row }) => {
      const proof = await proofOf(models, row);
      await removeEmail(models, row);
      if (proof) void deps.wakeSetUp('verifyForwarding', { id: proof._id, run: proof.run });
    },
  );

  route(
    {
      method: 'POST',
      path: '/emails/:id/forwarding-addresses',
      role: 'owner',
      scope: 'admin',
      summary: 'Add a forwarding address to an address',
      status: 201,
      answer: ForwardingAddress,
      idempotency: 'answer kept',
      find,
    },
    async (_ctx, { row }) => {
      const { _id, address } = await addForwardingAddress(models, row, platformDomain);
      return { id: _id, address };
    },
  );
}
