import { z } from 'zod';
import type { Mail } from './mail.ts';
import type { ReceiveOptions } from './receive.ts';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const line = z.string().regex(/^[^\r\n\0]*$/, 'must be one line');
const list = z.union(
  [line.transform((value) => [value]), z.array(line)],
  'must be a string or a list of strings',
);

const Attachment = z
  .strictObject({ filename: line, content_type: line.optional(), base64, content_id: line.optional() })
  .transform((file) => ({
    filename: file.filename,
    contentType: file.content_type,
    content: file.base64,
    contentId: file.content_id,
  }));

const MailFields = {
  from: line.optional(),
  to: list.optional(),
  cc: list.optional(),
  reply_to: list.optional(),
  subject: line.optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  headers: z
    .union([z.array(z.tuple([line, line])), z.record(line, line).transform(Object.entries<string>)])
    .optional(),
  attachments: z.array(Attachment).optional(),
  in_reply_to: line.optional(),
  references: list.optional(),
  message_id: line.optional(),
  date: z.iso.datetime({ offset: true }).pipe(z.coerce.date()).optional(),
};

const OptionFields = {
  form: z.enum(['forward', 'store', 'mime']).optional(),
  recipients: list.optional(),
  sender: line.optional(),
  comma_list: z.boolean().optional(),
  wait: z.enum(['none', 'first_try', 'settled']).optional(),
  spf: z.enum(['Pass', 'Neutral', 'Fail', 'SoftFail']).nullish(),
  dkim: z.enum(['Pass', 'Fail']).nullish(),
  spam_flag: z.enum(['Yes', 'No']).nullish(),
  spam_score: line.nullish(),
};

/** Body of `POST /sandbox/receive`: a mail in parts, or raw as `eml` (base64), and how to post it. */
export const ReceiveRequest = z
  .strictObject({ ...MailFields, ...OptionFields, eml: base64.optional() })
  .superRefine((request, context) => {
    if (!request.eml) return;
    const field = Object.keys(MailFields).find((name) => name in request);
    if (field) context.addIssue({ code: 'custom', path: [field], message: 'cannot be combined with eml' });
  })
  .transform((request): { mail: Mail; options: ReceiveOptions } => ({
    mail: request.eml
      ? { eml: request.eml }
      : {
          from: request.from,
          to: request.to,
          cc: request.cc,
          replyTo: request.reply_to,
          subject: request.subject,
          text: request.text,
          html: request.html,
          headers: request.headers,
          attachments: request.attachments,
          inReplyTo: request.in_reply_to,
          references: request.references,
          messageId: request.message_id,
          date: request.date,
        },
    options: {
      form: request.form,
      recipients: request.recipients,
      sender: request.sender,
      commaList: request.comma_list,
      wait: request.wait,
      spf: request.spf,
      dkim: request.dkim,
      spamFlag: request.spam_flag,
      spamScore: request.spam_score,
    },
  }));
export type ReceiveRequest = z.input<typeof ReceiveRequest>;
