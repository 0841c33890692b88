import { sendSignal } from '../../core/events/signals.ts';
import { showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { threadsSeenBy } from '../../core/presenters/visibility.ts';
import { markRead } from '../../core/threads/readState.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

/** Marking a ticket or conversation as read or unread, for the user who asks and nobody else. */
export function threadReadRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const find = threadFinder(models, kind);

  for (const mark of ['read', 'unread'] as const)
    route(
      {
        method: 'POST',
        path: `/${kind}s/:id/${mark}`,
        role: 'member',
        scope: 'write',
        summary: `Mark a ${kind} as ${mark}`,
        description: 'For the user who asks; it stays as it is for everybody else.',
        answer: threadSchemas[kind],
        idempotency: 'answer kept',
        find,
      },
      async (ctx, { row: { _id } }) => {
        const { user } = ctx.state;
        const reader = { _id, userId: user.userId, visible: threadsSeenBy(user) };
        const row = await markRead(models, kind, reader, mark === 'read');
        if (!row) throw notFound();
        // For the user's other devices; a lost one is made good when they read the thread again.
        await sendSignal(models, {
          type: 'thread.read',
          workspace_id: row.workspace_id,
          audience: `owner:${user.userId}`,
          user_id: user.userId,
          thread_kind: kind,
          thread_id: _id,
          read: mark === 'read',
        });
        return showThread(row, kind, user, deps);
      },
    );
}
