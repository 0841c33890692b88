import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { showThread } from '../../core/presenters/show.ts';
import { Ticket } from '../../core/presenters/thread.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { actorFor } from '../../core/threads/lastChange.ts';
import { findSender } from '../../core/replies/sender.ts';
import { moveMessageInto, moveMessageOut } from '../../core/threads/moveOut.ts';
import { moveToTicket } from '../../core/threads/moveToTicket.ts';
import { threadIdFor } from '../../core/threads/newThreadRow.ts';
import { WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { findThread, threadFinder } from '../findThread.ts';
import { mergeCheck } from '../mergeCheck.ts';
import { notFound, Problem } from '../problem.ts';
import { requestOf } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { threadTag } from '../threadChange.ts';

const ONLY_MESSAGE = 'It is the only message of its ticket.';
const MERGE_INSTEAD = `${ONLY_MESSAGE} Merge the ticket instead.`;
const MoveBody = z.strictObject({ into: z.string('must be the id of another ticket') });

/** Making a ticket of a message of another ticket, or of a conversation. */
export function ticketMoveRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  const show = (ctx: RouterContext<ApiState>, row: ThreadRow) => {
    ctx.set('ETag', threadTag('ticket', row));
    return showThread(row, 'ticket', ctx.state.user, deps);
  };

  route(
    {
      method: 'POST',
      path: '/tickets/:id/messages/:message_id/move',
      role: 'member',
      scope: 'write',
      summary: 'Move a message into a ticket of its own',
      status: 201,
      answer: Ticket,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: ONLY_MESSAGE },
      find: threadFinder(models, 'ticket'),
    },
    async (ctx, { row }) => {
      const { user } = ctx.state;
      const { message_id = '' } = ctx.params;
      const id = threadIdFor(`moved ${requestOf(ctx, user).id}`);
      // There when a request is carried out again (idempotent.ts).
      const existing = await models.Ticket.findOne(
        { ...seenBy(user), _id: id },
        WITHOUT_LISTS,
      ).lean<ThreadRow>();
      const message = { ...seenBy(user), thread_id: row._id, _id: message_id };
      if (!existing && !(await models.Message.exists(message))) throw notFound();
      const ticket = existing ?? (await moveMessageOut(models, id, row, message_id, actorFor(user)));
      if (!ticket) throw new Problem(409, ONLY_MESSAGE);
      return show(ctx, ticket);
    },
  );

  route(
    {
      method: 'POST',
      path: '/tickets/:id/messages/:message_id/move-into',
      role: 'member',
      scope: 'write',
      summary: 'Move a message into another ticket',
      description: 'Later mail that answers the message goes there too. The other ticket is the answer.',
      body: MoveBody,
      answer: Ticket,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: MERGE_INSTEAD },
      // The message may be in the other ticket already: a request that is carried out again (idempotent.ts).
      find: async (ctx) => {
        const ticket = await findThread(models, 'ticket', ctx.params.id, ctx.state.user);
        const seen = { ...seenBy(ctx.state.user), _id: ctx.params.message_id };
        const message = await models.Message.findOne(seen, { thread_id: 1 }).lean<MessageRow>();
        if (!message) throw notFound();
        return { row: ticket, message };
      },
    },
    async (ctx, { row: { row, message }, body: { into } }) => {
      const { user } = ctx.state;
      const isThere = message.thread_id === into && into !== row._id;
      if (!isThere && message.thread_id !== row._id) throw notFound();
      const { _id: messageId } = message;
      const move = { workspace_id: row.workspace_id, from: row._id, into, messageId, actor: actorFor(user) };
      const ticket = isThere
        ? await findThread(models, 'ticket', into, user)
        : await moveMessageInto(models, move, mergeCheck('ticket', into, user));
      if (!ticket) throw new Problem(409, MERGE_INSTEAD);
      return show(ctx, ticket);
    },
  );

  route(
    {
      method: 'POST',
      path: '/conversations/:id/move-to-ticket',
      role: 'member',
      scope: 'write',
      summary: 'Move a conversation to a ticket',
      status: 201,
      answer: Ticket,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: 'The workspace has no address that could answer it as a ticket.' },
      find: threadFinder(models, 'conversation'),
    },
    async (ctx, { row }) => {
      const id = threadIdFor(`ticket of ${row._id}`);
      const emailId = await ticketEmail(models, row, id, ctx.state.user.userId);
      const ticket = await moveToTicket(models, id, row, emailId, actorFor(ctx.state.user)).catch(
        (error: unknown) => {
          if (isDuplicateKey(error)) return null;
          throw error;
        },
      );
      if (!ticket) throw new Problem(409, 'Another request has just moved or merged it.');
      return show(ctx, ticket);
    },
  );
}

/**
 * Id of the address that a ticket made of a conversation answers as: that of the conversation, unless it is
 * personal.
 * @throws Problem 409
 */
async function ticketEmail(models: Models, thread: ThreadRow, id: string, userId: string): Promise<string> {
  if (!thread.audience.startsWith('owner:')) return thread.workspace_email_id;
  const ticket = { ...thread, _id: id, audience: 'tickets', workspace_email_id: null };
  const choice = await findSender(models, ticket, null, userId);
  if (!choice.sender) throw new Problem(409, `It cannot become a ticket: ${choice.reason}.`);
  return choice.sender.email._id;
}
