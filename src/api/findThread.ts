import type { RouterContext } from '@koa/router';
import { seenBy, threadsSeenBy, type ApiUser } from '../core/presenters/visibility.ts';
import { threadsOf, WITHOUT_LISTS } from '../core/threads/threads.ts';
import type { MessageRow, Models } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import type { ApiState } from './auth.ts';
import { notFound, Problem } from './problem.ts';

/** `findThread` for the thread that the path of a request names. */
export const threadFinder =
  (models: Models, kind: MessageRow['thread_kind']) =>
  ({ params, state }: RouterContext<ApiState>): Promise<ThreadRow> =>
    findThread(models, kind, params.id, state.user);

/**
 * A thread that the user may see, and that is not in the trash.
 * @throws Problem 404; with `merged_into` (and its kind and number) where it was merged into a thread that the
 * user may see
 */
export async function findThread(
  models: Models,
  kind: MessageRow['thread_kind'],
  id: string | undefined,
  user: ApiUser,
): Promise<ThreadRow> {
  const row = await findThreadOrMerged(models, kind, id, user);
  if (row.merged_into === undefined) return row;
  const { merged_into, merged_kind = kind } = row;
  const target = await threadsOf(models, merged_kind)
    .findOne({ _id: merged_into, ...seenBy(user) }, { number: 1 })
    .lean<{ _id: string; number?: number }>();
  if (!target) throw notFound();
  throw new Problem(404, `Its messages are now in the ${merged_kind} ${merged_into}.`, {
    members: { merged_into, merged_kind, merged_number: target.number ?? null },
  });
}

/** The same; the thread may be in the trash. @throws Problem 404, as `findThread` does */
export async function findThreadInTrashToo(
  models: Models,
  kind: MessageRow['thread_kind'],
  id: string | undefined,
  user: ApiUser,
): Promise<ThreadRow> {
  const filter = { _id: id, ...seenBy(user), hidden: 'trash' as const };
  const trashed = await threadsOf(models, kind).findOne(filter, WITHOUT_LISTS).lean<ThreadRow>();
  return trashed ?? findThread(models, kind, id, user);
}

/** `findThread`, or the row that stayed of a thread that was merged. @throws Problem 404 */
export async function findThreadOrMerged(
  models: Models,
  kind: MessageRow['thread_kind'],
  id: string | undefined,
  user: ApiUser,
): Promise<ThreadRow> {
  const threads = threadsOf(models, kind);
  // Stand-in: docs/decisions/stand-in-database.md
  // `_id` first: it uses the index of the first field, and that of the workspace would read all its threads.
  const row = await threads.findOne({ _id: id, ...threadsSeenBy(user) }, WITHOUT_LISTS).lean<ThreadRow>();
  if (row) return row;
  const merged = await threads
    .findOne({ _id: id, ...seenBy(user), hidden: 'merged' }, WITHOUT_LISTS)
    .lean<ThreadRow>();
  if (!merged) throw notFound();
  return merged;
}
