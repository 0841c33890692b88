import { z } from 'zod';
import type { MessageRow, OutboundMessageRow } from '../../infra/models/index.ts';
import type { MessageState } from '../../infra/models/outbound.ts';
import { replyDefaults } from '../../core/replies/defaults.ts';
import { newNote, newReply } from '../../core/replies/newReply.ts';
import { findSender } from '../../core/replies/sender.ts';
import { cancelMessage, retryMessage } from '../../core/replies/takeBack.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { draftOf, ReplyBody } from '../draft.ts';
import { findThread, threadFinder } from '../findThread.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Message } from '../../core/presenters/message.ts';
import { notFound, Problem } from '../problem.ts';
import { requestOf } from '../request.ts';
import { saveAndStart } from '../saveAndStart.ts';
import { MailAddress, pageOf } from '../../core/presenters/schemas.ts';
import { NOT_SHOWN, showMessage, showMessages } from '../../core/presenters/show.ts';
import { seenBy, type ApiUser } from '../../core/presenters/visibility.ts';

const Defaults = z.object({
  sending_email: z.string().nullable(),
  from: MailAddress.nullable(),
  reply_to: z.array(MailAddress),
  to: z.array(MailAddress),
  cc: z.array(MailAddress),
  subject: z.string(),
  reason: z.string().nullable().meta({ description: 'Why nothing can send it.' }),
});

/** Below a ticket or conversation: its messages. */
export function messageRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models, replies } = deps;
  const path = `/${kind}s/:id`;

  const find = threadFinder(models, kind);
  const findMessage = async (params: Record<string, string>, asking: ApiUser): Promise<MessageRow> => {
    const { id: thread_id, message_id: _id } = params;
    await findThread(models, kind, thread_id, asking);
    const here = { ...seenBy(asking), thread_kind: kind, thread_id, _id };
    const row = await models.Message.findOne(here, NOT_SHOWN).lean<MessageRow>();
    if (!row) throw notFound();
    return row;
  };

  router.get(
    `${path}/messages`,
    user,
    operation(
      {
        summary: `List messages of a ${kind}`,
        description: 'Oldest first.',
        query: ListQuery,
        answer: pageOf(Message),
        find,
      },
      async (ctx, { query }) => {
        await find(ctx);
        const thread = { ...seenBy(ctx.state.user), thread_id: ctx.params.id };
        const page = await readPage<MessageRow>(models.Message, thread, query, {
          order: 'oldest first',
          projection: NOT_SHOWN,
          bytes: (row) => row.text.length + (row.html?.length ?? 0),
        });
        const data = await showMessages(page.rows, ctx.state.user, deps);
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.post(
    `${path}/messages`,
    user,
    jsonBody,
    operation(
      {
        summary: `Answer a ${kind}`,
        description:
          'The message goes out when it can no longer be taken back; with `note: true` it is an internal note, which goes nowhere.',
        body: ReplyBody,
        status: 202,
        answer: Message,
        isKeyed: true,
        find,
      },
      async (ctx, { body }) => {
        const thread = { kind, row: await find(ctx) };
        const make = body.note ? newNote : newReply;
        const request = requestOf(ctx, ctx.state.user);
        const saved = await saveAndStart(ctx, deps, request, draftOf(body), (order) =>
          make({ models, ...deps.config }, order, thread),
        );
        return showMessage(saved, ctx.state.user, deps);
      },
    ),
  );

  router.get(
    `${path}/reply-defaults`,
    user,
    operation(
      {
        summary: `Read what a reply to a ${kind} would have`,
        description: 'From, To, Cc and subject of a reply that says nothing else.',
        answer: Defaults,
      },
      async (ctx) => {
        const thread = await find(ctx);
        const [{ to, cc, subject }, found] = await Promise.all([
          replyDefaults(models, thread),
          findSender(models, thread, null, ctx.state.user.userId),
        ]);
        const { sender } = found;
        return {
          sending_email: sender?.email.address ?? null,
          from: sender?.from ?? null,
          reply_to: sender?.replyTo ?? [],
          to,
          cc,
          subject,
          reason: found.sender ? null : found.reason,
        };
      },
    ),
  );

  router.get(
    `${path}/messages/:message_id`,
    user,
    operation({ summary: `Read a message of a ${kind}`, answer: Message }, async (ctx) =>
      showMessage(await findMessage(ctx.params, ctx.state.user), ctx.state.user, deps),
    ),
  );

  router.delete(
    `${path}/messages/:message_id`,
    user,
    operation(
      {
        summary: `Take back a message of a ${kind}`,
        description: 'While it has not gone out: its state is `cancelled` then.',
        answer: Message,
        refuses: { 409: 'It cannot be taken back any more.' },
      },
      async (ctx) => {
        const message = outboundOnly(await findMessage(ctx.params, ctx.state.user));
        const { row, done } = await cancelMessage(models, message);
        if (!done) throw new Problem(409, `It cannot be taken back: ${SAYS[row.state]}.`);
        void replies.wake({ id: row._id, run: row.outbound.run });
        return showMessage(row, ctx.state.user, deps);
      },
    ),
  );

  router.post(
    `${path}/messages/:message_id/retry`,
    user,
    idempotent(deps),
    operation(
      {
        summary: `Try a message of a ${kind} again`,
        description: 'It goes to those who do not have it.',
        status: 202,
        answer: Message,
        refuses: { 409: 'It has not failed.' },
      },
      async (ctx) => {
        const message = outboundOnly(await findMessage(ctx.params, ctx.state.user));
        const { row, done } = await retryMessage(models, message);
        if (!done) throw new Problem(409, `It is not to be tried again: ${SAYS[row.state]}.`);
        replies.add({ id: row._id, run: row.outbound.run });
        return showMessage(row, ctx.state.user, deps);
      },
    ),
  );
}

function outboundOnly(message: MessageRow): OutboundMessageRow {
  if (message.direction === 'outbound') return message;
  throw new Problem(409, `This does not go out: ${SAYS[message.state]}.`);
}

const SAYS: Record<MessageState, string> = {
  received: 'it came in',
  saved: 'it is a note',
  queued: 'it is about to go out',
  scheduled: 'it is to go out later',
  cancelled: 'it was taken back before it went out',
  sending: 'it is going out at this moment',
  unconfirmed: 'nobody knows whether it went out; have it tried again, or leave it',
  sent: 'it has gone out',
  delivered: 'it was delivered',
  delayed: 'it has gone out, and is delayed on its way',
  failed: 'it has failed',
  complained: 'it was delivered, and its reader complained',
};
