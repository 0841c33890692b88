import { z } from 'zod';
import { keptBy, keptFor } from '../../core/presenters/kept.ts';
import { presentSavedView, SavedView } from '../../core/presenters/savedView.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { SavedViewRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { changeKept, keptFinder, keptTag } from '../findKept.ts';
import { keptOrMade } from '../keptOrMade.ts';
import { ListQuery, readPage } from '../paging.ts';
import { createdId } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { SortParameter } from '../threadOrder.ts';
import { ViewGroup } from '../threadQuery.ts';

/** Most groups of conditions: each is a range of an index of its own. */
const MAX_GROUPS = 10;

/** Kept as they were given, and read again by each list: `me` is whoever asks. */
const Group = z.record(z.string(), z.string('must be text')).superRefine((group, check) => {
  const parsed = ViewGroup.safeParse(group);
  for (const issue of parsed.error?.issues ?? [])
    check.addIssue({
      code: 'custom',
      path: issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [...issue.path],
      message: issue.code === 'unrecognized_keys' ? 'is not a parameter of a list' : issue.message,
    });
});
const fields = {
  name: OneLine(100).refine((name) => name !== '', 'must not be empty'),
  shared: z.boolean('must be true or false'),
  query: z.strictObject({
    any: z
      .array(Group, 'must be a list of conditions')
      .min(1, 'must have a group of conditions')
      .max(MAX_GROUPS, `must be at most ${MAX_GROUPS}`),
  }),
  sort: z.string().refine((sort) => SortParameter.safeParse(sort).success, 'must be an order of a list'),
};
const NewViewBody = z.strictObject({
  ...fields,
  shared: fields.shared.default(false),
  sort: fields.sort.default('-last_message_at'),
});
const ViewBody = z.strictObject(fields).partial();

/** `views`: lists of threads that were saved; shared ones, and the user's own. */
export function savedViewRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const find = keptFinder<SavedViewRow>(models.SavedView);

  route(
    {
      method: 'GET',
      path: '/views',
      role: 'member',
      scope: 'read',
      summary: 'List saved views',
      description: 'Shared ones and your own.',
      query: ListQuery,
      answer: pageOf(SavedView),
    },
    async (ctx, { query }) => {
      const filter = keptBy(ctx.state.user);
      const page = await readPage<SavedViewRow>(models.SavedView, filter, query, { order: 'newest first' });
      return { data: page.rows.map(presentSavedView), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/views',
      role: 'member',
      scope: 'write',
      summary: 'Save a view',
      body: NewViewBody,
      status: 201,
      answer: SavedView,
      idempotency: 'answer kept',
      etag: true,
    },
    async (ctx, { body: { name, shared, query, sort } }) => {
      const { user } = ctx.state;
      const now = new Date();
      const row = await keptOrMade<SavedViewRow>(models.SavedView, {
        _id: createdId('view', ctx),
        workspace_id: user.workspaceId,
        audience: keptFor(shared, user),
        name,
        any: query.any,
        sort,
        created_at: now,
        updated_at: now,
        version: 0,
      });
      ctx.set('ETag', keptTag(row));
      return presentSavedView(row);
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/views/:id',
      role: 'member',
      scope: 'write',
      summary: 'Change a saved view',
      body: ViewBody,
      answer: SavedView,
      etag: true,
      find,
    },
    async (ctx, { row, body: { name, shared, query, sort } }) => {
      const changed = await changeKept(ctx, models.SavedView, row, {
        ...(name !== undefined && { name }),
        ...(sort !== undefined && { sort }),
        ...(query && { any: query.any }),
        ...(shared !== undefined && { audience: keptFor(shared, ctx.state.user) }),
      });
      ctx.set('ETag', keptTag(changed));
      return presentSavedView(changed);
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/views/:id',
      role: 'member',
      scope: 'write',
      summary: 'Delete a saved view',
      find,
    },
    async (ctx, { row }) => {
      await models.SavedView.deleteOne({ _id: row._id, ...keptBy(ctx.state.user) });
    },
  );
}
