import { z } from 'zod';
import type { Address } from '../../mail/addresses.ts';
import { MAIL_VERDICTS } from '../../mail/authentication.ts';
import { fillPlaceholders, hasOwnColours, remoteImages } from '../../mail/html.ts';
import { foldMessage } from '../../mail/quotes.ts';
import type { AttachmentRow, MessageRow } from '../../infra/models/index.ts';
import { SENDER_REASONS } from '../../infra/models/message.ts';
import { DELIVERY_STATES, MESSAGE_STATES, type Outbound } from '../../infra/models/outbound.ts';
import { PRIORITIES, THREAD_STATUSES } from '../../infra/models/thread.ts';
import { answerFields, type Answers } from './answers.ts';
import type { Links } from './links.ts';
import type { ApiUser } from './visibility.ts';
import { MailAddress, Time } from './schemas.ts';
import { senderReasonOf } from '../threads/summary.ts';
import { Attachment, presentAttachment } from './attachment.ts';

const Delivery = z.object({
  recipient: z.string(),
  state: z.enum(DELIVERY_STATES),
  reason: z.string().nullable(),
  at: Time,
  foreign: z
    .literal(true)
    .optional()
    .meta({
      description:
        'Only a mail says so that nothing proves to come from the recipient’s domain. What the provider says of the ' +
        'delivery counts more. Missing: it is not so.',
    }),
});
/** Fields of a thread that a message sets. */
export const ThreadChange = z
  .object({
    status: z.enum(THREAD_STATUSES),
    agent_id: z.string().nullable(),
    priority: z.enum(PRIORITIES),
    tags: z.array(z.string()),
  })
  .partial();
/** Fields of an outbound message. */
const outboundFields = {
  bcc: z.array(MailAddress),
  send_at: Time.nullable(),
  due_at: Time.meta({ description: 'Until then the message can be cancelled.' }),
  reason: z.string().nullable().meta({ description: 'Why the message is in its state.' }),
  state_at: Time,
  deliveries: z.array(Delivery),
  thread_change: ThreadChange.nullable().meta({
    description: 'How its thread will change once it can no longer be taken back.',
  }),
};
const Verdict = z.enum(['pass', 'fail', 'neutral', 'unknown']);
export const Message = z
  .object({
    id: z.string(),
    direction: z.enum(['inbound', 'outbound', 'note']),
    state: z.enum(MESSAGE_STATES),
    from: MailAddress.nullable().meta({ description: 'Null until the sending address is decided.' }),
    sender: MailAddress.nullable().meta({
      description: 'The original sender, when a list or forwarder rewrote From.',
    }),
    sender_known: z
      .boolean()
      .meta({ description: 'False: the sender takes no part in the thread, or may be forged.' }),
    sender_reason: z.enum(SENDER_REASONS).nullable().meta({
      description: 'Why the sender is not known: took no part in the thread, or may be forged.',
    }),
    authentication: z
      .object({ spf: Verdict, dkim: Verdict, dmarc: Verdict, verdict: z.enum(MAIL_VERDICTS) })
      .nullable()
      .meta({
        description:
          'Of mail that came in: what SPF, DKIM and DMARC say. `verdict` is about the domain in From: `pass`, one ' +
          'of them proves it; `fail`, none does, and SPF or DKIM failed; `none`, neither.',
      }),
    reply_to: z.array(MailAddress),
    ...answerFields,
    to: z.array(MailAddress),
    cc: z.array(MailAddress),
    to_email: z.string().nullable().meta({ description: 'The workspace email that the mail was for.' }),
    sending_email: z.string().nullable().meta({ description: 'The workspace email that it is sent from.' }),
    subject: z.string(),
    text: z.string(),
    html: z.string().nullable().meta({
      description: 'Sanitised. Its own images have signed URLs; images of other servers are in `data-src`.',
    }),
    has_quote: z.boolean().meta({ description: 'It has quotes or a signature that a view of it folds.' }),
    remote_images: z.int().meta({ description: 'How many images it would load from other servers.' }),
    images_allowed: z.boolean().meta({
      description:
        'The user wants to see such images of this sender, and the mail is not known to be forged.',
    }),
    own_colours: z.boolean().meta({ description: 'Its HTML sets colours: show it on a light page.' }),
    cut: z
      .array(z.string())
      .meta({ description: 'Parts that were cut because they are too long; the raw mail has them.' }),
    inbound_email_id: z.string().nullable().meta({ description: 'The post that the mail came in.' }),
    message_id: z.string().nullable().meta({ description: 'With angle brackets.' }),
    in_reply_to: z.string().nullable(),
    references: z.array(z.string()),
    auto_reply: z.boolean(),
    list_mail: z.boolean(),
    spam: z.boolean(),
    author_id: z.string().nullable().meta({ description: 'The user who wrote it.' }),
    sent_at: Time.nullable().meta({ description: 'The mail’s Date header.' }),
    edited_at: Time.nullable().meta({ description: 'When the author of a note changed or deleted it.' }),
    mentions: z.array(z.string()).meta({ description: 'The users whom a note mentions.' }),
    created_at: Time,
    attachments: z.array(Attachment),
    ...z.object(outboundFields).partial().shape,
  })
  .meta({ id: 'Message', description: 'The fields from `bcc` on are of outbound messages.' });

/** What is presented with a message. */
export interface MessageParts {
  /** Of this message, in the mail's order. */
  attachments: AttachmentRow[];
  imagesAllowed: boolean;
  answers: Answers;
}

export function presentMessage(
  row: MessageRow,
  { attachments, imagesAllowed, answers }: MessageParts,
  user: ApiUser,
  links: Links,
): z.input<typeof Message> {
  return {
    id: row._id,
    direction: row.direction,
    state: row.state,
    from: senderOf(row, row.from),
    sender: senderOf(row, row.sender),
    sender_known: row.sender_known,
    sender_reason: senderReasonOf(row),
    authentication: row.authentication,
    reply_to: row.reply_to,
    ...answers,
    to: row.to,
    cc: row.cc,
    to_email: row.to_email,
    sending_email: row.sending_email,
    subject: row.subject,
    text: row.text,
    html: row.html === null ? null : fillImages(row.html, attachments, user, links),
    has_quote: foldMessage(row).folds,
    remote_images: remoteImages(row.html ?? ''),
    images_allowed: imagesAllowed,
    own_colours: hasOwnColours(row.html ?? ''),
    cut: row.cut,
    inbound_email_id: row.inbound_email_id,
    message_id: row.message_id,
    in_reply_to: row.in_reply_to,
    references: row.references,
    auto_reply: row.auto_reply,
    list_mail: row.list_mail,
    spam: row.spam,
    author_id: row.author_id,
    sent_at: row.sent_at,
    edited_at: row.direction === 'note' ? (row.edited_at ?? null) : null,
    mentions: row.direction === 'note' ? (row.mentions ?? []) : [],
    created_at: row.created_at,
    attachments: attachments.map((file) => presentAttachment(file, user, links)),
    ...(row.outbound && presentOutbound(row.outbound)),
  };
}

/** Fills signed URLs of the message's own images into its HTML. */
export function fillImages(html: string, attachments: AttachmentRow[], user: ApiUser, links: Links): string {
  return fillPlaceholders(html, (cid) => {
    const image = attachments.find((file) => file.content_id === cid && file.state === 'stored');
    return image ? links.signedFile(user, image._id) : null;
  });
}

/** The sender of an outbound message is decided when it is sent; a note has none. */
function senderOf({ direction }: MessageRow, sender: Address): Address | null {
  return direction !== 'inbound' && sender.email === '' ? null : sender;
}

function presentOutbound(outbound: Outbound) {
  return {
    bcc: outbound.bcc,
    send_at: outbound.send_at,
    due_at: outbound.due_at,
    reason: outbound.reason,
    state_at: outbound.state_at,
    thread_change: outbound.thread_change ?? null,
    cancel_on_reply: outbound.cancel_on_reply ?? false,
    deliveries: outbound.deliveries.map(({ recipient, state, reason, at, foreign }) => ({
      recipient,
      state,
      reason,
      at,
      ...(foreign && { foreign }),
    })),
  };
}
