import { z } from 'zod';
import { showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { actorFor } from '../../core/threads/lastChange.ts';
import { mergeThreads } from '../../core/threads/mergeThreads.ts';
import { threadsOf, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { RouteDeps } from '../deps.ts';
import { findThreadOrMerged } from '../findThread.ts';
import { mergeCheck } from '../mergeCheck.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { threadTag } from '../threadChange.ts';

/** Below a ticket or conversation: `merge`. */
export function threadMergeRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const MergeBody = z.strictObject({ into: z.string(`must be the id of another ${kind}`) });

  route(
    {
      method: 'POST',
      path: `/${kind}s/:id/merge`,
      role: 'member',
      scope: 'write',
      summary: `Merge a ${kind} into another`,
      description: 'Moves its messages, and later mail that answers them, to the other, which is the answer.',
      body: MergeBody,
      answer: threadSchemas[kind],
      idempotency: 'answer kept',
      etag: true,
      // Also a thread that was merged: a repeated request succeeds.
      find: ({ params, state }) => findThreadOrMerged(models, kind, params.id, state.user),
    },
    async (ctx, { row, body: { into } }) => {
      const { user } = ctx.state;
      const target =
        row.merged_into === into
          ? await threadsOf(models, kind)
              .findOne({ ...seenBy(user), _id: into }, WITHOUT_LISTS)
              .lean<ThreadRow>()
          : null;
      const ids = { kind, from: row._id, into, actor: actorFor(user) };
      const merged =
        target ?? (await mergeThreads(models, user.workspaceId, ids, mergeCheck(kind, into, user)));
      ctx.set('ETag', threadTag(kind, merged));
      return showThread(merged, kind, user, deps);
    },
  );
}
