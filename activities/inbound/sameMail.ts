import type { InboundEmailRow, MessageRow } from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import type { Comparable, Judged } from '../../src/mail/sameMail.ts';
import { namingOf } from './naming.ts';

/** The fields of a stored message that mail/sameMail.ts compares. */
export function comparable(
  message: Pick<MessageRow, 'subject' | 'text' | 'html' | 'sent_at' | 'sender' | 'files'>,
): Comparable {
  return {
    subject: message.subject,
    text: message.text,
    html: message.html,
    date: message.sent_at,
    sender: message.sender.email.toLowerCase(),
    files: message.files,
  };
}

/** The same fields of an incoming mail. */
export function comparableMail(mail: StoredMail, sender: string): Comparable {
  return {
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: mail.date,
    sender: sender.toLowerCase(),
    files: mail.files.map(({ filename, size }) => ({ filename, size })),
  };
}

export const judged = (message: MessageRow): Judged => ({
  ...comparable(message),
  verdict: verdictOf(message),
});

export const judgedMail = (row: InboundEmailRow): Judged => ({
  ...comparableMail(row.mail as StoredMail, row.sender?.email ?? ''),
  verdict: verdictOf(namingOf(row)),
});

const verdictOf = ({
  authentication,
  sender_reason,
}: Pick<ReturnType<typeof namingOf>, 'authentication' | 'sender_reason'>): Judged['verdict'] =>
  sender_reason === 'unproved' ? 'fail' : (authentication?.verdict ?? 'none');
