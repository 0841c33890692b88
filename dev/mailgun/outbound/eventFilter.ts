import type { EventOfMail, SentMails } from './sentMails.ts';

export interface EventRange {
  /** Milliseconds since 1970, inclusive. */
  from: number;
  to: number;
}

/**
 * The fields by which events can be filtered, under their names in both APIs. Each returns all values that
 * match.
 */
export const FIELDS: Record<string, (of: EventOfMail) => string[]> = {
  domain: ({ mail }) => [mail.domain],
  event: ({ event }) => [event.kind],
  recipient: ({ event }) => [event.recipient],
  'message-id': ({ mail }) => [mail.messageId.slice(1, -1)],
  from: ({ mail }) => [mail.from, mail.sender],
  to: ({ mail }) => [mail.to, ...mail.recipients],
  subject: ({ mail }) => [mail.subject],
  tags: ({ mail }) => mail.tags,
  severity: ({ event }) => [event.severity ?? ''],
  reason: ({ event }) => [event.reason ?? ''],
};

export type Condition = (of: EventOfMail) => boolean;

/** @param isWanted is given the value in lower case */
export const condition =
  (field: string, isWanted: (value: string) => boolean): Condition =>
  (of) =>
    FIELDS[field]!(of).some((value) => isWanted(value.toLowerCase()));

/**
 * The events that can be read already: those that happened at least `eventsDelayMs` ago.
 * @param messageId only events of this mail, with angle brackets; null: of all mails
 */
export function appeared(
  mails: SentMails,
  { from, to }: EventRange,
  eventsDelayMs: number,
  conditions: Condition[],
  messageId: string | null,
): EventOfMail[] {
  const until = Math.min(to, Date.now() - eventsDelayMs);
  const candidates = messageId === null ? mails.all : mails.withMessageId(messageId);
  return candidates
    .flatMap((mail) => mail.events.map((event) => ({ mail, event })))
    .filter((of) => of.event.at >= from && of.event.at <= until)
    .filter((of) => conditions.every((meets) => meets(of)));
}
