import { showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { threadsSeenBy } from '../../core/presenters/visibility.ts';
import { threadsOf, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

/** Following a ticket or conversation: its mail notifies the user too, whoever is its agent. */
export function followRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const find = threadFinder(models, kind);
  const common = {
    path: `/${kind}s/:id/follow`,
    role: 'member',
    scope: 'write',
    answer: threadSchemas[kind],
    find,
  } as const;
  for (const [method, summary, operator] of [
    ['POST', `Follow a ${kind}`, '$addToSet'],
    ['DELETE', `Stop following a ${kind}`, '$pull'],
  ] as const)
    route(
      { ...common, method, summary, ...(method === 'POST' && { idempotency: 'answer kept' as const }) },
      async (ctx, { row: { _id } }) => {
        const { user } = ctx.state;
        const row = await threadsOf(models, kind)
          .findOneAndUpdate(
            { _id, ...threadsSeenBy(user) },
            { [operator]: { followers: user.userId } },
            { returnDocument: 'after', projection: WITHOUT_LISTS },
          )
          .lean<ThreadRow>();
        if (!row) throw notFound();
        return showThread(row, kind, user, deps);
      },
    );
}
