import type { ComposedMail } from '../../mail.ts';
import type { OutboxMail } from '../types.ts';
import { inWords, type Person, type ShownMail } from './shownMail.ts';

export interface Written {
  text: string;
  files: { filename: string; contentType: string; content: Buffer }[];
}

/**
 * The answer as a customer's mail program would write it: to Reply-To or From, threaded, with the mail quoted
 * below.
 */
export function answerTo(mail: ShownMail, entry: OutboxMail, { text, files }: Written): ComposedMail {
  const isRecipient = ({ address }: Person) => address.toLowerCase() === entry.recipient.toLowerCase();
  const name = [...mail.to, ...mail.cc].find(isRecipient)?.name ?? '';
  const to = mail.replyTo.length > 0 ? mail.replyTo : mail.from;
  return {
    from: inHeader({ name, address: entry.recipient }),
    to: to.map(inHeader),
    subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
    text: `${text.replace(/\r\n/g, '\n').trimEnd()}\n\n${quoted(mail)}`,
    inReplyTo: entry.messageId,
    references: [...mail.references, entry.messageId],
    attachments: files,
  };
}

/** For a header: the name in quotes, on one line. */
function inHeader({ name, address }: Person): string {
  const oneLine = name.replace(/[\x00-\x1f]+/g, ' ');
  return oneLine ? `"${oneLine.replace(/["\\]/g, '\\$&')}" <${address}>` : address;
}

function quoted(mail: ShownMail): string {
  const lines = mail.text.replace(/\r\n/g, '\n').split('\n');
  const intro = `On ${mail.date}, ${mail.from.map(inWords).join(', ')} wrote:`;
  return [intro, ...lines.map((line) => `> ${line}`.trimEnd()), ''].join('\n');
}
