import { z } from 'zod';
import { FormSenderOffered } from '../../core/presenters/answers.ts';
import { Message } from '../../core/presenters/message.ts';
import { MailAddress, pageOf } from '../../core/presenters/schemas.ts';
import { showMessage, showMessages } from '../../core/presenters/show.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { replyDefaults } from '../../core/replies/defaults.ts';
import { newNote, newReply, type Order } from '../../core/replies/newReply.ts';
import { withQuote } from '../../core/replies/quote.ts';
import { withFilesOf } from '../../core/replies/forwardedFiles.ts';
import { findSender } from '../../core/replies/sender.ts';
import { REPLY_MODES } from '../../infra/models/draft.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { ACTS, draftOf, ReplyBody } from '../draft.ts';
import { IfMatch } from '../etag.ts';
import { messageInTrashTooFinder } from '../findMessage.ts';
import { findThreadInTrashToo, threadFinder } from '../findThread.ts';
import { actsOf, refusingSecondAnswers } from '../messageActs.ts';
import { MessageListQuery, readMessages } from '../messagePage.ts';
import { requestOf } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { copyingDeps, saveAndStart } from '../saveAndStart.ts';
import { checkAgent, checkMentions } from '../threadChange.ts';
import { signalSent } from '../writeDraft.ts';

const DefaultsQuery = z.strictObject({
  message_id: z
    .string('must be given once')
    .optional()
    .meta({ description: 'A mail of the thread. By default the last one of a sender who takes part.' }),
  kind: z.enum(REPLY_MODES, 'must be "reply", "reply_all" or "forward"').default('reply_all'),
});
const Defaults = z.object({
  message_id: z.string().nullable().meta({ description: 'The message that it answers.' }),
  sending_email: z.string().nullable(),
  from: MailAddress.nullable(),
  reply_to: z.array(MailAddress),
  to: z.array(MailAddress),
  cc: z.array(MailAddress),
  subject: z.string(),
  reason: z.string().nullable().meta({ description: 'Why no address can send the reply.' }),
  elsewhere: z
    .boolean()
    .meta({ description: 'It goes to somebody else than the From of the mail it answers.' }),
  choices: z.array(MailAddress).meta({
    description: 'Addresses in Reply-To of that mail that do not count. The agent may choose them.',
  }),
  form_sender: FormSenderOffered,
});

const Messages = pageOf(Message).extend({
  previous_cursor: z.string().nullable().meta({
    description: 'The `cursor` of the page before; null on the first page.',
  }),
});

/** Below a ticket or conversation: its messages. */
export function messageRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const path = `/${kind}s/:id`;
  const find = threadFinder(models, kind);

  route(
    {
      method: 'GET',
      path: `${path}/messages`,
      role: 'member',
      scope: 'read',
      summary: `List messages of a ${kind}`,
      description:
        'Oldest first. Pages can be read in both directions, from the first message, the newest one, or ' +
        'around any other. The thread may be in the trash.',
      query: MessageListQuery,
      answer: Messages,
      find: ({ params, state }) => findThreadInTrashToo(models, kind, params.id, state.user),
    },
    async (ctx, { row, query }) => {
      const filter = { ...seenBy(ctx.state.user), thread_id: row._id };
      const { rows, ...cursors } = await readMessages(models, filter, query);
      return { data: await showMessages(rows, ctx.state.user, deps), ...cursors };
    },
  );

  route(
    {
      method: 'POST',
      path: `${path}/messages`,
      role: 'member',
      scope: 'write',
      summary: `Answer a ${kind}`,
      description:
        'The message is sent when it can no longer be taken back. With `note: true` it is an internal ' +
        `note, which is not sent. ${ACTS}`,
      headers: IfMatch,
      body: ReplyBody,
      status: 202,
      answer: Message,
      idempotency: 'id from key',
      refuses: {
        412: 'The thread has changed since `If-Match`, or has messages since `after`: these are in `messages`.',
      },
      find,
    },
    async (ctx, { row, body }) => {
      const { user } = ctx.state;
      const thread = { kind, row };
      const draft = {
        ...draftOf(body),
        kind: body.kind ?? null,
        quote: body.quote ?? null,
        mentions: body.mentions ?? [],
      };
      const make = async (order: Order) => {
        await checkAgent(models, row, body.agent_id, user);
        await checkMentions(models, row, draft.mentions, user);
        const copying = copyingDeps(deps);
        const quoting = await withQuote(copying, order, thread);
        const whole = await withFilesOf(copying, quoting, body.attachments_of ?? null, seenBy(user));
        return (body.note ? newNote : newReply)({ models, ...deps.config }, whole, thread);
      };
      const acts = actsOf(ctx, deps, thread, {
        ...body,
        threadChange: body.note ? draft.threadChange : null,
      });
      const saved = await refusingSecondAnswers(ctx, deps, () =>
        saveAndStart(ctx, deps, requestOf(ctx, user), draft, make, acts),
      );
      if (body.draft) await signalSent(models, body.draft, saved);
      return showMessage(saved, user, deps);
    },
  );

  route(
    {
      method: 'GET',
      path: `${path}/reply-defaults`,
      role: 'member',
      scope: 'read',
      summary: `Read the defaults of a reply to a ${kind}`,
      description:
        'From, To, Cc and subject of a reply that does not set them; or of an answer to one message.',
      query: DefaultsQuery,
      answer: Defaults,
      find,
    },
    async (ctx, { row, query }) => {
      const asked = { kind: query.kind, messageId: query.message_id ?? null };
      const [{ to, cc, subject, answered, elsewhere, choices, formSender }, choice] = await Promise.all([
        replyDefaults(models, row, asked),
        findSender(models, row, null, ctx.state.user.userId),
      ]);
      const { sender } = choice;
      return {
        message_id: answered,
        sending_email: sender?.email.address ?? null,
        from: sender?.from ?? null,
        reply_to: sender?.replyTo ?? [],
        to,
        cc,
        subject,
        reason: choice.sender ? null : choice.reason,
        elsewhere,
        choices,
        form_sender: formSender,
      };
    },
  );

  route(
    {
      method: 'GET',
      path: `${path}/messages/:message_id`,
      role: 'member',
      scope: 'read',
      summary: `Read a message of a ${kind}`,
      answer: Message,
      find: messageInTrashTooFinder(models, kind),
    },
    (ctx, { row }) => showMessage(row, ctx.state.user, deps),
  );
}
