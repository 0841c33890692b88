import type { InboundEmail } from './inboundEmail.ts';
import { parseAddressList } from './addresses.ts';
import { caps } from './caps.ts';
import { readDate } from './date.ts';
import { decodeAll, decodeHeader, headerValues, type Headers } from './headers.ts';
import { readMessageIds } from './messageIds.ts';

export type MailHead = Pick<
  InboundEmail,
  'headers' | 'messageId' | 'inReplyTo' | 'references' | 'from' | 'replyTo' | 'to' | 'cc' | 'subject' | 'date'
>;

/**
 * Parses the header fields.
 * @param encoded unfolded, with encoded words as they are, because these may contain commas.
 */
export function readHead(encoded: Headers): MailHead {
  const addresses = (name: string) =>
    headerValues(encoded, name).flatMap(parseAddressList).slice(0, caps.addresses);
  const ids = (name: string) => [...new Set(headerValues(encoded, name).flatMap(readMessageIds))];
  return {
    headers: decodeAll(encoded),
    messageId: ids('Message-Id')[0] ?? null,
    inReplyTo: ids('In-Reply-To'),
    references: ids('References'),
    from: addresses('From')[0] ?? null,
    replyTo: addresses('Reply-To'),
    to: addresses('To'),
    cc: addresses('Cc'),
    subject: decodeHeader(headerValues(encoded, 'Subject')[0] ?? '')
      .trim()
      .slice(0, caps.subjectChars),
    date: readDate(headerValues(encoded, 'Date')[0] ?? ''),
  };
}
