import type { EventOfMail } from './sentMails.ts';

/** Place of an event in the order: milliseconds since 1970, and its id. */
type Place = [at: number, id: string];
/** Where a page begins or ends; null = the first page. */
export type Cursor = { after: Place } | { before: Place } | 'last' | null;

export interface EventPage {
  items: EventOfMail[];
  next: Cursor;
  previous: Cursor;
}

const placeOf = ({ event }: EventOfMail): Place => [event.at, event.id];
const compare = (a: Place, b: Place): number => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

/**
 * One page of events in order of time. Both neighbours are always there, as at Mailgun: behind the newest, events may still
 * appear; from an empty page at either end the way back leads to the page before it.
 */
export function pageOf(events: EventOfMail[], ascending: boolean, limit: number, cursor: Cursor): EventPage {
  const order = (a: Place, b: Place) => (ascending ? compare(a, b) : compare(b, a));
  const sorted = events.toSorted((a, b) => order(placeOf(a), placeOf(b)));
  const items = cut(sorted, limit, cursor, order);
  const [first, last] = [items[0], items.at(-1)];
  return {
    items,
    next: last ? { after: placeOf(last) } : isBefore(cursor) ? null : cursor,
    previous: first ? { before: placeOf(first) } : isBefore(cursor) ? cursor : 'last',
  };
}

const isBefore = (cursor: Cursor): boolean => cursor !== null && cursor !== 'last' && 'before' in cursor;

function cut(sorted: EventOfMail[], limit: number, cursor: Cursor, order: typeof compare): EventOfMail[] {
  if (cursor === null) return sorted.slice(0, limit);
  if (cursor === 'last') return sorted.slice(-limit);
  if ('after' in cursor) return sorted.filter((one) => order(placeOf(one), cursor.after) > 0).slice(0, limit);
  return sorted.filter((one) => order(placeOf(one), cursor.before) < 0).slice(-limit);
}

/** A page as it travels in a URL or a token. */
export const tokenOf = (page: unknown): string => Buffer.from(JSON.stringify(page)).toString('base64url');

/** @returns null when it is no token of ours. */
export function readToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
  } catch {
    return null;
  }
}
