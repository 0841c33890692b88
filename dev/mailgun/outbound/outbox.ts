import type { EventOfMail, SentMails } from './sentMails.ts';
import type { OutboxMail } from './types.ts';

/** At most this many deliveries are shown, the newest ones. */
const MAX_SHOWN = 10_000;

const isDelivered = ({ event }: EventOfMail): boolean => event.kind === 'delivered' && event.at <= Date.now();

/** The deliveries so far, newest first. @param url base URL of the local Mailgun */
export function outbox(mails: SentMails, url: string): OutboxMail[] {
  return mails.all
    .flatMap((mail) => mail.events.map((event) => ({ mail, event })))
    .filter(isDelivered)
    .toReversed()
    .toSorted((a, b) => b.event.at - a.event.at)
    .slice(0, MAX_SHOWN)
    .map((of) => outboxMail(of, mails, url));
}

export function findInOutbox(mails: SentMails, id: string, url: string): OutboxMail | null {
  const of = mails.event(id);
  return of && isDelivered(of) ? outboxMail(of, mails, url) : null;
}

function outboxMail({ mail, event }: EventOfMail, mails: SentMails, url: string): OutboxMail {
  return {
    id: event.id,
    recipient: event.recipient,
    rawUrl: `${url}/sandbox/outbox/${event.id}/raw`,
    messageId: mail.messageId,
    subject: mail.subject,
    at: new Date(event.at).toISOString(),
    emlFile: mails.emlFile(mail.key),
    envelope: { sender: mail.sender, recipients: mail.recipients },
  };
}
