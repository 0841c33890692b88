import type { RouterContext } from '@koa/router';
import { showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { hiddenFor, threadsOf, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import { purgedBefore } from '../../core/threads/trash.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { threadTag } from '../threadChange.ts';
import { trashWriter } from '../trashWrite.ts';

/** Putting a ticket or conversation into the trash, and taking it out again. */
export function trashRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const path = `/${kind}s/:id`;
  const find = threadFinder(models, kind);
  const findInTrashToo = async ({ params, state }: RouterContext<ApiState>): Promise<ThreadRow> => {
    const filter = { ...seenBy(state.user), _id: params.id };
    const row = await threadsOf(models, kind).findOne(filter, WITHOUT_LISTS).lean<ThreadRow>();
    if (!row) throw notFound();
    return row;
  };
  const etag = (row: ThreadRow) => threadTag(kind, row);

  route(
    {
      method: 'DELETE',
      path,
      role: 'member',
      scope: 'write',
      summary: `Put a ${kind} into the trash`,
      description:
        'It can be restored for 30 days. Its messages that have not been sent are cancelled, and become drafts ' +
        'of their authors again when it is restored.',
      etag: true,
      find,
    },
    async (ctx, { row }) => {
      await changeRow<ThreadRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag,
        decide: trashing,
        write: trashWriter(deps, kind, ctx.state.user),
      });
    },
  );

  route(
    {
      method: 'POST',
      path: `${path}/restore`,
      role: 'member',
      scope: 'write',
      summary: `Take a ${kind} out of the trash`,
      description: 'Nothing is sent by that: messages that were cancelled with it are drafts again.',
      answer: threadSchemas[kind],
      idempotency: 'answer kept',
      etag: true,
      find: findInTrashToo,
    },
    async (ctx, { row }) => {
      const restored = await changeRow<ThreadRow>(ctx, {
        row,
        reread: () => findInTrashToo(ctx),
        etag,
        decide: restoring,
        write: trashWriter(deps, kind, ctx.state.user),
      });
      ctx.set('ETag', etag(restored));
      return showThread(restored, kind, ctx.state.user, deps);
    },
  );
}

/** The change that puts a thread into the trash. */
export function trashing(): object {
  const now = new Date();
  return { $set: { deleted_at: now, hidden: 'trash', updated_at: now }, $inc: { changes: 1 } };
}

/**
 * The change that takes a thread out of the trash.
 * @throws Problem 404: it was merged, or is about to be deleted for good
 */
export function restoring({ merged_into, deleted_at, spam }: ThreadRow): object | null {
  if (merged_into !== undefined) throw notFound();
  if (deleted_at === undefined) return null;
  if (deleted_at < purgedBefore()) throw notFound();
  return {
    $set: { hidden: hiddenFor({ spam }), updated_at: new Date() },
    $unset: { deleted_at: 1 },
    $inc: { changes: 1 },
  };
}
