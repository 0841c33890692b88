import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { signalGivenBack } from '../../core/events/signalGivenBack.ts';
import { Contact } from '../../core/presenters/contact.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showContacts } from '../../core/presenters/showContacts.ts';
import { contactsSeenBy } from '../../core/presenters/visibility.ts';
import { stopRepliesTo } from '../../core/replies/stop.ts';
import { blocking, contactChange, unblocking, writeContactChange } from '../../core/threads/changeContact.ts';
import type { ContactRow } from '../../infra/models/index.ts';
import { storable } from '../../mail/text.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine, Search } from '../fields.ts';
import { findContact } from '../findContact.ts';
import { ListQuery, readPage } from '../paging.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { contactTag, showContact } from '../showContact.ts';

const ContactQuery = z.strictObject({ ...ListQuery.shape, q: Search.optional() });

const MAX_NAME_CHARS = 200;
const MAX_NOTES_CHARS = 10_000;
const ContactChangeBody = z.strictObject({
  name: OneLine(MAX_NAME_CHARS).optional(),
  notes: z
    .string('must be text')
    .max(MAX_NOTES_CHARS, `must be at most ${MAX_NOTES_CHARS} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain a NUL character')
    .transform(storable)
    .optional(),
});

/**
 * `contacts`. A contact that is known only through personal mail is visible to the owner of that mail only.
 */
export function contactRoutes(route: AddWorkspaceRoute, { models, replies }: RouteDeps): void {
  const find = ({ params, state }: RouterContext<ApiState>) => findContact(models, params.id, state.user);

  const change = async (
    ctx: RouterContext<ApiState>,
    row: ContactRow,
    decide: (row: ContactRow) => Partial<ContactRow> | null,
  ) => {
    const visible = contactsSeenBy(ctx.state.user);
    const changed = await changeRow<ContactRow>(ctx, {
      row,
      reread: () => find(ctx),
      etag: contactTag,
      decide,
      write: (read, set) => writeContactChange(models, read, set, visible),
    });
    return { changed, shown: await showContact(ctx, models, changed) };
  };

  route(
    {
      method: 'GET',
      path: '/contacts',
      role: 'member',
      scope: 'read',
      summary: 'List contacts',
      query: ContactQuery,
      answer: pageOf(Contact),
    },
    async (ctx, { query }) => {
      const filter = { ...contactsSeenBy(ctx.state.user), ...query.q };
      const page = await readPage<ContactRow>(models.Contact, filter, query, {
        order: 'newest first',
        isLarge: true,
      });
      const data = await showContacts(models, page.rows, ctx.state.user);
      return { data, next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/contacts/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read a contact',
      description: 'For a contact that was merged, the 404 names the other contact in `merged_into`.',
      answer: Contact,
      etag: true,
      find,
    },
    (ctx, { row }) => showContact(ctx, models, row),
  );

  route(
    {
      method: 'PATCH',
      path: '/contacts/:id',
      role: 'member',
      scope: 'write',
      summary: 'Change a contact',
      description: 'Name and notes. Everyone who sees the contact sees them.',
      body: ContactChangeBody,
      answer: Contact,
      etag: true,
      find,
    },
    async (ctx, { row, body }) => (await change(ctx, row, (read) => contactChange(read, body))).shown,
  );

  route(
    {
      method: 'POST',
      path: '/contacts/:id/block',
      role: 'member',
      scope: 'write',
      summary: 'Block a contact',
      description:
        'Mail of a blocked contact is stored but opens nothing: its new threads are closed spam, and it ' +
        'does not reopen threads that are closed or in the trash. Messages to it that have not been sent are ' +
        'cancelled, and are drafts of their authors again.',
      answer: Contact,
      idempotency: 'answer kept',
      etag: true,
      find,
    },
    async (ctx, { row }) => {
      const { changed, shown } = await change(ctx, row, blocking);
      const stopped = await stopRepliesTo(models, changed);
      for (const { _id, outbound } of stopped) void replies.wake({ id: _id, run: outbound.run });
      await signalGivenBack(models, stopped);
      return shown;
    },
  );

  route(
    {
      method: 'POST',
      path: '/contacts/:id/unblock',
      role: 'member',
      scope: 'write',
      summary: 'Unblock a contact',
      answer: Contact,
      idempotency: 'answer kept',
      etag: true,
      find,
    },
    async (ctx, { row }) => (await change(ctx, row, unblocking)).shown,
  );
}
