import { z } from 'zod';
import { keptBy, keptFor } from '../../core/presenters/kept.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { presentSnippet, Snippet } from '../../core/presenters/snippet.ts';
import type { SnippetRow } from '../../infra/models/index.ts';
import type { ThreadFields } from '../../infra/models/outbound.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { changeKept, keptFinder, keptTag } from '../findKept.ts';
import { keptOrMade } from '../keptOrMade.ts';
import { ListQuery, readPage } from '../paging.ts';
import { createdId } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { Html, safeTexts } from '../safeHtml.ts';
import { threadFields } from '../threadFields.ts';

const fields = {
  name: OneLine(200).refine((name) => name !== '', 'must not be empty'),
  shortcut: OneLine(50)
    .refine((text) => !/\s/.test(text), 'must have no spaces')
    .transform((text) => text || null)
    .nullable(),
  text: Html,
  html: Html.nullable(),
  changes: z
    .strictObject(threadFields)
    .transform((given) => (Object.keys(given).length === 0 ? null : (given as ThreadFields)))
    .nullable(),
  shared: z.boolean('must be true or false'),
};
const NewSnippetBody = z
  .strictObject({
    ...fields,
    shortcut: fields.shortcut.default(null),
    text: fields.text.default(''),
    html: fields.html.default(null),
    changes: fields.changes.default(null),
    shared: fields.shared.default(false),
  })
  .refine(({ text, html }) => Boolean(text.trim() || html?.trim()), {
    path: ['text'],
    error: 'or html must not be empty',
  });
const SnippetBody = z.strictObject(fields).partial();

/** `snippets`: texts that agents put into what they write; shared ones, and the user's own. */
export function snippetRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  const find = keptFinder<SnippetRow>(models.Snippet);

  route(
    {
      method: 'GET',
      path: '/snippets',
      role: 'member',
      scope: 'read',
      summary: 'List snippets',
      description: 'Shared ones and your own.',
      query: ListQuery,
      answer: pageOf(Snippet),
    },
    async (ctx, { query }) => {
      const filter = keptBy(ctx.state.user);
      const page = await readPage<SnippetRow>(models.Snippet, filter, query, { order: 'newest first' });
      return { data: page.rows.map(presentSnippet), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/snippets',
      role: 'member',
      scope: 'write',
      summary: 'Add a snippet',
      body: NewSnippetBody,
      status: 201,
      answer: Snippet,
      idempotency: 'answer kept',
      etag: true,
    },
    async (ctx, { body: { changes, shared, text, html, ...named } }) => {
      const { user } = ctx.state;
      const now = new Date();
      const row = await keptOrMade<SnippetRow>(models.Snippet, {
        _id: createdId('snippet', ctx),
        workspace_id: user.workspaceId,
        audience: keptFor(shared, user),
        ...named,
        ...(await safeTexts(ctx, deps, { text, html })),
        thread_change: changes,
        created_at: now,
        updated_at: now,
        version: 0,
      });
      ctx.set('ETag', keptTag(row));
      return presentSnippet(row);
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/snippets/:id',
      role: 'member',
      scope: 'write',
      summary: 'Change a snippet',
      description: 'Where only `html` is given, the text is made from it.',
      body: SnippetBody,
      answer: Snippet,
      etag: true,
      find,
    },
    async (ctx, { row, body: { changes, shared, text, html, ...named } }) => {
      const isTextNew = text !== undefined || html !== undefined;
      const written = html === undefined ? { text, html: row.html } : { text: text ?? null, html };
      const changed = await changeKept(ctx, models.Snippet, row, {
        ...named,
        ...(isTextNew && (await safeTexts(ctx, deps, written))),
        ...(changes !== undefined && { thread_change: changes }),
        ...(shared !== undefined && { audience: keptFor(shared, ctx.state.user) }),
      });
      ctx.set('ETag', keptTag(changed));
      return presentSnippet(changed);
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/snippets/:id',
      role: 'member',
      scope: 'write',
      summary: 'Delete a snippet',
      find,
    },
    async (ctx, { row }) => {
      await models.Snippet.deleteOne({ _id: row._id, ...keptBy(ctx.state.user) });
    },
  );
}
