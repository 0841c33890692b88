import type { MessageRow } from '../../models/index.ts';
import type { MessageState } from '../../models/outbound.ts';
import { replyDefaults } from '../../replies/defaults.ts';
import { newNote, newReply } from '../../replies/newReply.ts';
import { findSender } from '../../replies/sender.ts';
import { cancelMessage, retryMessage, type OutboundRow } from '../../replies/takeBack.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { draftOf, ReplyBody } from '../draft.ts';
import { findThread } from '../findThread.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound, Problem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { requestOf } from '../request.ts';
import { saveAndStart } from '../saveAndStart.ts';
import { NOT_SHOWN, showMessage, showMessages } from '../show.ts';
import { seenBy, type ApiUser } from '../visibility.ts';

/**
 * Below a ticket or conversation:
 * - `messages`, `messages/{id}`; `reply-defaults`: what a reply would have that says nothing else.
 * - `POST messages`: 202 with the message, which goes out when it can no longer be taken back (a note goes nowhere); 409
 *   when its Idempotency-Key was used for something else.
 * - `DELETE messages/{id}` takes it back: 200, or 409 with the reason. `POST messages/{id}/retry`: 202, or 409.
 */
export function messageRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models, replies } = deps;
  const path = `/${kind}s/:id`;

  const findMessage = async (params: Record<string, string>, asking: ApiUser): Promise<MessageRow> => {
    const { id: thread_id, message_id: _id } = params;
    await findThread(models, kind, thread_id, asking);
    const here = { ...seenBy(asking), thread_kind: kind, thread_id, _id };
    const row = await models.Message.findOne(here, NOT_SHOWN).lean<MessageRow>();
    if (!row) throw notFound();
    return row;
  };

  router.get(`${path}/messages`, user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    await findThread(models, kind, ctx.params.id, ctx.state.user);
    const thread = { ...seenBy(ctx.state.user), thread_id: ctx.params.id };
    const page = await readPage<MessageRow>(models.Message, thread, query, {
      order: 'oldest first',
      projection: NOT_SHOWN,
      bytes: (row) => row.text.length + (row.html?.length ?? 0),
    });
    ctx.body = {
      data: await showMessages(page.rows, ctx.state.user, deps),
      next_cursor: page.next_cursor,
    };
  });

  router.post(`${path}/messages`, user, jsonBody, async (ctx) => {
    const thread = { kind, row: await findThread(models, kind, ctx.params.id, ctx.state.user) };
    const body = readBody(ctx, ReplyBody);
    const make = body.note ? newNote : newReply;
    const saved = await saveAndStart(ctx, deps, requestOf(ctx, ctx.state.user), draftOf(body), (order) =>
      make({ models, ...deps.config }, order, thread),
    );
    ctx.status = 202;
    ctx.body = await showMessage(saved, ctx.state.user, deps);
  });

  router.get(`${path}/reply-defaults`, user, async (ctx) => {
    const thread = await findThread(models, kind, ctx.params.id, ctx.state.user);
    const [{ to, cc, subject }, found] = await Promise.all([
      replyDefaults(models, thread),
      findSender(models, thread, null, ctx.state.user.userId),
    ]);
    const { sender } = found;
    ctx.body = {
      sending_email: sender?.email.address ?? null,
      from: sender?.from ?? null,
      reply_to: sender?.replyTo ?? [],
      to,
      cc,
      subject,
      reason: found.sender ? null : found.reason,
    };
  });

  router.get(`${path}/messages/:message_id`, user, async (ctx) => {
    ctx.body = await showMessage(await findMessage(ctx.params, ctx.state.user), ctx.state.user, deps);
  });

  router.delete(`${path}/messages/:message_id`, user, async (ctx) => {
    const message = outboundOnly(await findMessage(ctx.params, ctx.state.user));
    const { row, done } = await cancelMessage(models, message);
    if (!done) throw new Problem(409, `It cannot be taken back: ${SAYS[row.state]}.`);
    void replies.wake({ id: row._id, run: row.outbound.run });
    ctx.body = await showMessage(row, ctx.state.user, deps);
  });

  router.post(`${path}/messages/:message_id/retry`, user, idempotent(deps), async (ctx) => {
    const message = outboundOnly(await findMessage(ctx.params, ctx.state.user));
    const { row, done } = await retryMessage(models, message);
    if (!done) throw new Problem(409, `It is not to be tried again: ${SAYS[row.state]}.`);
    replies.add({ id: row._id, run: row.outbound.run });
    ctx.status = 202;
    ctx.body = await showMessage(row, ctx.state.user, deps);
  });
}

function outboundOnly(message: MessageRow): OutboundRow {
  if (message.outbound) return message as OutboundRow;
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
