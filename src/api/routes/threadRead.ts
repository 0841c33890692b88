import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { sendSignal } from '../../core/events/signals.ts';
import { showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { seenBy, threadsSeenBy } from '../../core/presenters/visibility.ts';
import { markRead } from '../../core/threads/readState.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { notFound, wrongFields } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const ReadBody = z
  .strictObject({
    up_to: z.string('must be the id of a message').optional().meta({
      description: 'The newest message that you have seen. If mail has come since, the thread stays unread.',
    }),
  })
  .default({});

/** Marking a ticket or conversation as read or unread, for the user who asks and nobody else. */
export function threadReadRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const marking = <Mark extends 'read' | 'unread'>(mark: Mark) =>
    ({
      method: 'POST',
      path: `/${kind}s/:id/${mark}`,
      role: 'member',
      scope: 'write',
      summary: `Mark a ${kind} as ${mark}`,
      description: 'For the user who asks; it stays as it is for everybody else.',
      answer: threadSchemas[kind],
      idempotency: 'answer kept',
      find: threadFinder(models, kind),
    }) as const;

  route({ ...marking('read'), body: ReadBody }, async (ctx, { row, body: { up_to } }) =>
    markAndShow(ctx, row, true, up_to === undefined ? null : await storedAt(ctx, row, up_to)),
  );

  route(marking('unread'), (ctx, { row }) => markAndShow(ctx, row, false, null));

  /** When a message of the thread was stored. @throws Problem 422 */
  async function storedAt(
    { state }: RouterContext<ApiState>,
    { _id: thread_id }: ThreadRow,
    _id: string,
  ): Promise<Date> {
    const filter = { _id, ...seenBy(state.user), thread_id };
    const message = await models.Message.findOne(filter, { stored_at: 1 }).lean<MessageRow>();
    if (!message) throw wrongFields([{ field: 'up_to', message: 'must be a message of the thread' }]);
    return message.stored_at;
  }

  async function markAndShow(
    { state: { user } }: RouterContext<ApiState>,
    { _id }: ThreadRow,
    isRead: boolean,
    upTo: Date | null,
  ) {
    const reader = { _id, userId: user.userId, visible: threadsSeenBy(user), upTo };
    const row = await markRead(models, kind, reader, isRead);
    if (!row) throw notFound();
    // For the user's other devices; a lost one is made good when they read the thread again.
    await sendSignal(models, {
      type: 'thread.read',
      workspace_id: row.workspace_id,
      audience: `owner:${user.userId}`,
      user_id: user.userId,
      thread_kind: kind,
      thread_id: _id,
      read: row.read_by.includes(user.userId),
    });
    return showThread(row, kind, user, deps);
  }
}
