import { signalDraft } from '../../core/events/signals.ts';
import { Draft, showDraft } from '../../core/presenters/draft.ts';
import { Message } from '../../core/presenters/message.ts';
import { showMessage } from '../../core/presenters/show.ts';
import type { ApiUser } from '../../core/presenters/visibility.ts';
import { safeBody } from '../../core/replies/safeBody.ts';
import { changeNote, deleteNote } from '../../core/replies/notes.ts';
import { takenBackDraft } from '../../core/replies/drafts.ts';
import { cancelMessage, retryMessage } from '../../core/replies/takeBack.ts';
import type { MessageRow, NoteRow, OutboundMessageRow } from '../../infra/models/index.ts';
import type { MessageState } from '../../infra/models/outbound.ts';
import type { RouteDeps } from '../deps.ts';
import { NoteBody } from '../draft.ts';
import { wordsOf } from '../../mail/searchWords.ts';
import { messageFinder, messageInTrashTooFinder } from '../findMessage.ts';
import { Problem } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { checkMentions } from '../threadChange.ts';
import { uncounted } from '../unavailable.ts';

const TakenBack = Message.extend({
  draft: Draft.nullable().meta({ description: 'Null for others than its author.' }),
}).meta({ id: 'MessageTakenBack' });

/** Below a ticket or conversation: taking back a message, and sending it again. */
export function outboundMessageRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models, replies } = deps;
  const path = `/${kind}s/:id/messages/:message_id`;
  const find = messageFinder(models, kind);
  const findInTrashToo = messageInTrashTooFinder(models, kind);

  route(
    {
      method: 'DELETE',
      path,
      role: 'member',
      scope: 'write',
      summary: `Take back a message of a ${kind}`,
      description:
        'While it has not been sent. Its state is then `cancelled`, and it is a draft of its author again, ' +
        'with its files. Of a note: its author deletes it, with its text and files. The thread may be in the ' +
        'trash.',
      answer: TakenBack,
      refuses: { 409: 'It can no longer be taken back.' },
      find: findInTrashToo,
    },
    async (ctx, { row }) => {
      if (row.direction === 'note') {
        const deleted = await deleteNote(models, ownNote(row, ctx.state.user));
        return { ...(await showMessage(deleted, ctx.state.user, deps)), draft: null };
      }
      const { row: message, done } = await cancelMessage(models, outboundOnly(row));
      if (!done) throw new Problem(409, `It cannot be taken back: ${SENTENCES[message.state]}.`);
      void replies.wake({ id: message._id, run: message.outbound.run });
      const { user } = ctx.state;
      const draft = await takenBackDraft(models, message);
      if (draft) await signalDraft(models, draft);
      return {
        ...(await showMessage(message, user, deps)),
        draft: draft?.user_id === user.userId ? await showDraft(draft, user, deps) : null,
      };
    },
  );

  route(
    {
      method: 'PATCH',
      path,
      role: 'member',
      scope: 'write',
      summary: `Change a note of a ${kind}`,
      description: 'Only its author may. Whoever it mentions for the first time is notified.',
      body: NoteBody,
      answer: Message,
      refuses: { 403: 'It is a note of somebody else.', 409: 'It is no note, or it was deleted.' },
      find,
    },
    async (ctx, { row, body }) => {
      const { user } = ctx.state;
      const note = ownNote(row, user);
      if (body.mentions) await checkMentions(models, row, body.mentions, user);
      const safe = await uncounted(ctx, () =>
        safeBody(deps.parser, { text: body.text ?? null, html: body.html ?? null }),
      );
      const changed = await changeNote(models, note, {
        text: safe.text,
        html: safe.html,
        words: safe.words ?? wordsOf(safe.text),
        ...(body.mentions && { mentions: body.mentions }),
      });
      if (!changed) throw new Problem(409, 'The note was deleted.');
      return showMessage(changed, user, deps);
    },
  );

  route(
    {
      method: 'POST',
      path: `${path}/retry`,
      role: 'member',
      scope: 'write',
      summary: `Try a message of a ${kind} again`,
      description: 'Sends it to the recipients who do not have it.',
      status: 202,
      answer: Message,
      idempotency: 'answer kept',
      refuses: { 409: 'It has not failed.' },
      find,
    },
    async (ctx, { row }) => {
      const { row: message, done } = await retryMessage(models, outboundOnly(row));
      if (!done) throw new Problem(409, `It cannot be sent again: ${SENTENCES[message.state]}.`);
      replies.add({ id: message._id, run: message.outbound.run }, message.workspace_id);
      return showMessage(message, ctx.state.user, deps);
    },
  );
}

/** @throws Problem 403, 409 */
function ownNote(message: MessageRow, { userId }: ApiUser): NoteRow {
  if (message.direction !== 'note') throw new Problem(409, 'Only a note can be changed, not mail.');
  if (message.author_id !== userId) throw new Problem(403, 'Only the author of a note can change it.');
  return message;
}

/** @throws Problem 409 */
function outboundOnly(message: MessageRow): OutboundMessageRow {
  if (message.outbound) return message;
  throw new Problem(409, `This message is not sent by us: ${SENTENCES[message.state]}.`);
}

const SENTENCES: Record<MessageState, string> = {
  received: 'it is a received message',
  saved: 'it is a note',
  queued: 'it is about to be sent',
  scheduled: 'it will be sent later',
  cancelled: 'it was taken back before it was sent',
  sending: 'it is being sent at this moment',
  unconfirmed: 'it is unknown whether it was sent; send it again, or leave it as it is',
  sent: 'it has been sent',
  delivered: 'it was delivered',
  delayed: 'it has been sent, and its delivery is delayed',
  failed: 'it has failed',
  complained: 'it was delivered, and its recipient reported it as spam',
};
