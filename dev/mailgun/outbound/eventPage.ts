import type { EventOfMail } from './sentMails.ts';

/** Position of an event in the order: milliseconds since 1970, and its id. */
type Position = [at: number, id: string];
/** Where a page begins or ends; null: the first page. */
export type Cursor = { after: Position } | { before: Position } | 'last' | null;

export interface EventPage {
  items: EventOfMail[];
  next: Cursor;
  previous: Cursor;
}

const positionOf = ({ event }: EventOfMail): Position => [event.at, event.id];
const compare = (a: Position, b: Position): number => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

/**
 * One page of events in order of time. As at Mailgun, both neighbours always exist: after the newest event,
 * more may appear, and from an empty page at either end a link leads back.
 */
export function pageOf(events: EventOfMail[], ascending: boolean, limit: number, cursor: Cursor): EventPage {
  const order = (a: Position, b: Position) => (ascending ? compare(a, b) : compare(b, a));
  const sorted = events.toSorted((a, b) => order(positionOf(a), positionOf(b)));
  const items = pageFrom(sorted, limit, cursor, order);
  const [first, last] = [items[0], items.at(-1)];
  return {
    items,
    next: last ? { after: positionOf(last) } : isBefore(cursor) ? null : cursor,
    previous: first ? { before: positionOf(first) } : isBefore(cursor) ? cursor : 'last',
  };
}

const isBefore = (cursor: Cursor): boolean => cursor !== null && cursor !== 'last' && 'before' in cursor;

function pageFrom(
  sorted: EventOfMail[],
  limit: number,
  cursor: Cursor,
  order: typeof compare,
): EventOfMail[] {
  if (cursor === null) return sorted.slice(0, limit);
  if (cursor === 'last') return sorted.slice(-limit);
  if ('after' in cursor)
    return sorted.filter((event) => order(positionOf(event), cursor.after) > 0).slice(0, limit);
  return sorted.filter((event) => order(positionOf(event), cursor.before) < 0).slice(-limit);
}

/** A page as a token in a URL or an answer. */
export const tokenOf = (page: unknown): string => Buffer.from(JSON.stringify(page)).toString('base64url');

/** @returns null when the token is malformed */
export function readToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
  } catch {
    return null;
  }
}
