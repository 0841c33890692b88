import type { RouterContext } from '@koa/router';
import type { MessageRow, Models } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import { threadsOf, WITHOUT_LISTS } from '../core/threads/threads.ts';
import type { ApiState } from './auth.ts';
import { notFound, Problem } from './problem.ts';
import { seenBy, threadsSeenBy, type ApiUser } from '../core/presenters/visibility.ts';

/** Finds what a route's path names, as `findThread` does. */
export const threadFinder =
  (models: Models, kind: MessageRow['thread_kind']) =>
  ({ params, state }: RouterContext<ApiState>): Promise<ThreadRow> =>
    findThread(models, kind, params.id, state.user);

/**
 * A thread that the user may see, and that is not in the trash.
 * @throws Problem 404; with `merged_into` and `merged_kind` where it was merged into one that they may see
 */
export async function findThread(
  models: Models,
  kind: MessageRow['thread_kind'],
  id: string | undefined,
  user: ApiUser,
): Promise<ThreadRow> {
  const threads = threadsOf(models, kind);
  // `_id` first: SecantusDB reads by the first field that has an index, and the workspace's would be all of its threads.
  const row = await threads.findOne({ _id: id, ...threadsSeenBy(user) }, WITHOUT_LISTS).lean<ThreadRow>();
  if (row) return row;
  const merged = await threads
    .findOne({ _id: id, ...seenBy(user), hidden: 'merged' }, WITHOUT_LISTS)
    .lean<ThreadRow>();
  if (!merged) throw notFound();
  const { merged_into = '', merged_kind = kind } = merged;
  const into = await threadsOf(models, merged_kind)
    .findOne({ _id: merged_into, ...seenBy(user) }, { _id: 1 })
    .lean();
  if (!into) throw notFound();
  throw new Problem(404, `Its messages are in the ${merged_kind} ${merged_into} now.`, {
    members: { merged_into, merged_kind },
  });
}
