import MailComposer from 'nodemailer/lib/mail-composer';
import {
  BadSend,
  checkedAddresses,
  checkOptions,
  keptMessageId,
  recipientsOf,
  type Outgoing,
} from './outgoing.ts';
import type { FormFile } from './formFile.ts';
import type { SendForm } from './sendForm.ts';
import { writeUnder } from './writeUnder.ts';

const BODIES = ['text', 'html', 'amp-html', 'template'];

/** `POST …/messages`: the mail in parts, composed here. @throws BadSend */
export function readPartsSend(form: SendForm): Outgoing {
  const from = form.first('from')?.trim();
  if (!from) throw new BadSend('from parameter is missing');
  const [sender] = checkedAddresses('from', from);
  const recipients = recipientsOf(form, 'to', 'cc', 'bcc');
  checkOptions(form);
  if (!BODIES.some((name) => form.first(name)))
    throw new BadSend("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified");
  const own = form.below('h:').findLast(([name]) => name.toLowerCase() === 'message-id')?.[1];
  return {
    from,
    to: form.all('to').join(', '),
    subject: form.first('subject') ?? '',
    sender: sender!,
    recipients,
    messageId: keptMessageId(own),
    write: (emlFile, messageId, top) =>
      writeUnder(top, new MailComposer(mailOf(form, messageId)).compile().createReadStream(), emlFile),
  };
}

function mailOf(form: SendForm, messageId: string): ConstructorParameters<typeof MailComposer>[0] {
  const headers = form.below('h:').filter(([name]) => !/^(message-id|date)$/i.test(name));
  const date = form.below('h:').find(([name]) => name.toLowerCase() === 'date')?.[1];
  return {
    from: form.first('from'),
    to: form.all('to'),
    cc: form.all('cc'),
    subject: form.first('subject') ?? '',
    text: form.first('text') ?? (form.first('template') ? `(template ${form.first('template')})` : undefined),
    html: form.first('html'),
    amp: form.first('amp-html'),
    messageId,
    ...(date ? { date } : {}),
    headers: headers.map(([key, value]) => ({ key, value })),
    // Mailgun drops attachments without a name, and derives the type from the name, not from the part.
    attachments: form.files.flatMap((file) => (file.filename ? attachmentOf(file) : [])),
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

const attachmentOf = (file: FormFile) => {
  const attachment = { filename: file.filename, content: file.bytes ?? file.stream() };
  if (file.field !== 'inline') return attachment;
  return { ...attachment, cid: file.filename, contentDisposition: 'inline' as const };
};
