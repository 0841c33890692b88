import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { headerOf, readHead, readHeaders } from '../headers.ts';
import { senderOf } from '../mail.ts';
import { BadSend, checkOptions, keptMessageId, recipientsOf, type Outgoing } from './outgoing.ts';
import type { SendForm } from './sendForm.ts';
import { withTop } from './withTop.ts';

/** `POST …/messages.mime`: the raw mail as a file, and whom it is for. @throws BadSend */
export async function readMimeSend(form: SendForm): Promise<Outgoing> {
  const recipients = recipientsOf(form, 'to');
  checkOptions(form);
  const message = form.files.find((file) => file.field === 'message');
  if (!message) throw new BadSend('message parameter is missing');
  const headers = await readHeaders(message.file);
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
    write: async (emlFile, messageId, top) => {
      if (headerOf(headers, 'Date') === undefined) added.push(`Date: ${rfc2822(new Date())}\r\n`);
      const mail = own ? createReadStream(message.file) : withMessageId(message.file, messageId);
      await pipeline(withTop(mail, top + added.join('')), createWriteStream(emlFile));
    },
  };
}

/** The mail with this Message-Id in place of its own, or of none. */
async function* withMessageId(file: string, messageId: string): AsyncGenerator<Buffer> {
  const head = await readHead(file);
  const line = `Message-Id: ${messageId}`;
  const replaced = head.replace(/^message-id:.*(?:\r?\n[ \t].*)*/im, line);
  yield Buffer.from(replaced === head ? `${line}\r\n${head}` : replaced, 'latin1');
  yield* createReadStream(file, { start: head.length }) as AsyncIterable<Buffer>;
}

const rfc2822 = (date: Date): string => date.toUTCString().replace('GMT', '+0000');
