import { headerOf, parseHead, readHead } from '../headers.ts';
import { senderOf } from '../mail.ts';
import { BadSend, checkOptions, keptMessageId, recipientsOf, type Outgoing } from './outgoing.ts';
import type { FormFile } from './formFile.ts';
import type { SendForm } from './sendForm.ts';
import { writeUnder } from './writeUnder.ts';

/** `POST …/messages.mime`: the raw mail as a file, and its recipients. @throws BadSend */
export async function readMimeSend(form: SendForm): Promise<Outgoing> {
  const recipients = recipientsOf(form, 'to');
  checkOptions(form);
  const message = form.files.find((file) => file.field === 'message');
  if (!message) throw new BadSend('message parameter is missing');
  const head = await readHead(message.stream());
  const headers = parseHead(head);
  const from = headerOf(headers, 'From');
  if (!from) throw new BadSend('from parameter is missing');
  const own = keptMessageId(headerOf(headers, 'Message-Id'));
  const added = form.below('h:').map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`);
  return {
    from,
    to: headerOf(headers, 'To') ?? '',
    subject: headerOf(headers, 'Subject') ?? '',
    sender: senderOf(headers),
    recipients,
    messageId: own,
    write: (emlFile, messageId, top) => {
      const date = headerOf(headers, 'Date') === undefined ? `Date: ${rfc2822(new Date())}\r\n` : '';
      const mail = own ? (message.bytes ?? message.stream()) : withMessageId(message, head, messageId);
      return writeUnder(top + added.join('') + date, mail, emlFile);
    },
  };
}

/** The mail with this Message-Id, which replaces its own. */
async function* withMessageId(message: FormFile, head: string, messageId: string): AsyncGenerator<Buffer> {
  const line = `Message-Id: ${messageId}`;
  const replaced = head.replace(/^message-id:.*(?:\r?\n[ \t].*)*/im, line);
  yield Buffer.from(replaced === head ? `${line}\r\n${head}` : replaced, 'latin1');
  yield* message.stream(head.length) as AsyncIterable<Buffer>;
}

const rfc2822 = (date: Date): string => date.toUTCString().replace('GMT', '+0000');
