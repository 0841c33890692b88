import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { signalDraft } from '../../core/events/signals.ts';
import { Draft, showDraft, showDrafts } from '../../core/presenters/draft.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { draftIdFor, ownDrafts, type DraftPlace } from '../../core/replies/drafts.ts';
import { Unfit } from '../../core/replies/draft.ts';
import type { DraftRow, MessageRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { DraftBody, DraftChangeBody, draftContentOf, NewDraftBody } from '../draft.ts';
import { findThread, threadFinder } from '../findThread.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound } from '../problem.ts';
import { createdId } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { changeDraft, draftTag, putDraft } from '../writeDraft.ts';

const DraftQuery = ListQuery.extend({
  thread_id: z.string('must be given once').optional(),
});

/** `drafts` of the user: what they are writing. Nobody else sees them. */
export function draftRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  const find = async ({ params, state }: RouterContext<ApiState>): Promise<DraftRow> => {
    const row = await models.Draft.findOne({ _id: params.id, ...ownDrafts(state.user) }).lean<DraftRow>();
    if (!row) throw notFound();
    return row;
  };
  const show = (ctx: RouterContext<ApiState>, row: DraftRow) => {
    ctx.set('ETag', draftTag(row));
    return showDraft(row, ctx.state.user, deps);
  };

  route(
    {
      method: 'GET',
      path: '/drafts',
      role: 'member',
      scope: 'read',
      summary: 'List drafts',
      description: 'Your own, the last saved first. Nobody else sees them.',
      query: DraftQuery,
      answer: pageOf(Draft),
    },
    async (ctx, { query: { thread_id, ...query } }) => {
      const { user } = ctx.state;
      const filter = { ...ownDrafts(user), ...(thread_id !== undefined && { thread_id }) };
      const page = await readPage<DraftRow>(models.Draft, filter, query, {
        order: 'newest first',
        by: 'updated_at',
        bytes: ({ text, html }) => text.length + (html?.length ?? 0),
      });
      return { data: await showDrafts(page.rows, user, deps), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/drafts',
      role: 'member',
      scope: 'write',
      summary: 'Write a draft',
      description:
        'Of a new thread, or with `thread_id` of a reply or a note; of these there is one in each thread, ' +
        'which is replaced.',
      body: NewDraftBody,
      status: 201,
      answer: Draft,
      idempotency: 'answer kept',
      etag: true,
    },
    async (ctx, { body }) => {
      const { user } = ctx.state;
      const { kind, thread_kind, thread_id } = body;
      if (thread_id !== null) await findThread(models, thread_kind, thread_id, user);
      const place: DraftPlace = { kind, thread_kind, thread_id };
      const id = thread_id === null ? createdId('draft', ctx) : draftIdFor(user, place);
      return show(ctx, await putDraft(ctx, deps, id, place, draftContentOf(body)));
    },
  );

  route(
    {
      method: 'GET',
      path: '/drafts/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read a draft',
      answer: Draft,
      etag: true,
      find,
    },
    (ctx, { row }) => show(ctx, row),
  );

  route(
    {
      method: 'PATCH',
      path: '/drafts/:id',
      role: 'member',
      scope: 'write',
      summary: 'Change a draft',
      body: DraftChangeBody,
      answer: Draft,
      etag: true,
      find,
    },
    async (ctx, { row, body }) => {
      const { thread_kind } = body;
      if (thread_kind !== undefined && thread_kind !== row.thread_kind && row.kind !== 'new')
        throw new Unfit('thread_kind', 'must be left out: an answer is of the kind of its thread');
      const change = { ...draftContentOf(body), ...(thread_kind !== undefined && { thread_kind }) };
      return show(ctx, await changeDraft(ctx, deps, row, () => find(ctx), change, false));
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/drafts/:id',
      role: 'member',
      scope: 'write',
      summary: 'Discard a draft',
      find,
    },
    async (ctx, { row }) => {
      await models.Draft.deleteOne({ _id: row._id, ...ownDrafts(ctx.state.user) });
      await signalDraft(models, row);
    },
  );
}

/** Below a ticket or conversation: the user's draft of a reply, and that of a note. */
export function threadDraftRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  thread_kind: MessageRow['thread_kind'],
): void {
  for (const kind of ['reply', 'note'] as const)
    route(
      {
        method: 'PUT',
        path: `/${thread_kind}s/:id/draft/${kind}`,
        role: 'member',
        scope: 'write',
        summary: `Save the draft of a ${kind} to a ${thread_kind}`,
        description:
          'It replaces the one that you have; fields that are left out are empty. With `If-Match` a draft ' +
          'that was sent or discarded meanwhile does not come back: 412.',
        body: DraftBody,
        answer: Draft,
        etag: true,
        find: threadFinder(deps.models, thread_kind),
      },
      async (ctx, { row, body }) => {
        const place: DraftPlace = { kind, thread_kind, thread_id: row._id };
        const id = draftIdFor(ctx.state.user, place);
        const draft = await putDraft(ctx, deps, id, place, draftContentOf(body));
        ctx.set('ETag', draftTag(draft));
        return showDraft(draft, ctx.state.user, deps);
      },
    );
}
