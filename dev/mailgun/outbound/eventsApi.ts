import { z } from 'zod';
import { appeared, condition, FIELDS, type Condition } from './eventFilter.ts';
import { eventJson } from './eventJson.ts';
import { type Cursor, pageOf, readToken, tokenOf } from './eventPage.ts';
import type { SentMails } from './sentMails.ts';

const MAX_LIMIT = 300;

/** A query of `GET /v3/{domain}/events`; the URLs of its pages contain it. */
const Query = z.object({
  from: z.number().nullable(),
  to: z.number().nullable(),
  ascending: z.boolean(),
  limit: z.number(),
  filters: z.array(z.tuple([z.string(), z.string()])),
});
type Query = z.infer<typeof Query>;

const Position = z.tuple([z.number(), z.string()]);
const Page = z.object({
  query: Query,
  cursor: z
    .union([z.object({ after: Position }), z.object({ before: Position }), z.literal('last')])
    .nullable(),
});

/** A query that cannot be answered: 400. */
export class BadQuery extends Error {}

/** @param search of the URL. @throws BadQuery */
export function readQuery(search: URLSearchParams): Query {
  const begin = timeOf(search.get('begin'));
  const end = timeOf(search.get('end'));
  // At Mailgun `begin` and `end` give the direction. Without `end`, `ascending` gives it, and the range is
  // open.
  const ascending = end === null ? search.get('ascending') === 'yes' : begin !== null && begin <= end;
  const earlier = ascending ? begin : end;
  const later = ascending ? end : (begin ?? Date.now());
  const filters = [...search]
    .filter(([name]) => Object.hasOwn(FIELDS, name) && name !== 'domain')
    .filter(isUsed);
  const limit = Number(search.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1) throw new BadQuery('limit must be a positive integer');
  return { from: earlier, to: later, ascending, limit: Math.min(limit, MAX_LIMIT), filters };
}

/** Mailgun ignores a filter by a Message-Id in angle brackets (mailgun.js, issue 296). */
const isUsed = ([name, value]: [string, string]): boolean => name !== 'message-id' || !value.startsWith('<');

/** Seconds since 1970, or a date in the format of RFC 2822. @throws BadQuery */
function timeOf(text: string | null): number | null {
  if (text === null || text === '') return null;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(ms)) throw new BadQuery(`cannot read the time ${text}`);
  return ms;
}

/** The page that a token names. @throws BadQuery */
export function readPage(token: string): z.infer<typeof Page> {
  const page = Page.safeParse(readToken(token));
  if (!page.success) throw new BadQuery('no such page');
  return page.data;
}

/** One page, with the URLs of its neighbours. @param url base URL of the local Mailgun */
export function eventsPage(
  mails: SentMails,
  domain: string,
  { query, cursor }: { query: Query; cursor: Cursor },
  { url, eventsDelayMs }: { url: string; eventsDelayMs: number },
): Record<string, unknown> {
  const range = { from: query.from ?? 0, to: query.to ?? Infinity };
  const ofDomain = condition('domain', (value) => value === domain.toLowerCase());
  const filters = query.filters.map(([field, expression]) => filter(field, expression));
  const events = appeared(mails, range, eventsDelayMs, [ofDomain, ...filters], messageIdOf(query));
  const page = pageOf(events, query.ascending, query.limit, cursor);
  const link = (to: Cursor) => `${url}/v3/${domain}/events/${tokenOf({ query, cursor: to })}`;
  return {
    items: page.items.map((of) => eventJson(of, url)),
    paging: { previous: link(page.previous), first: link(null), last: link('last'), next: link(page.next) },
  };
}

/**
 * A filter expression, of which this much is supported: words with `OR` between them and `NOT` before them.
 */
function filter(field: string, expression: string): Condition {
  const words = expression
    .split(/\s+OR\s+/i)
    .map((word) => /^(NOT\s+)?[("]*(.*?)[")]*$/is.exec(word.trim())!);
  const isPartial = ['from', 'to', 'subject'].includes(field);
  return (of) =>
    words.some(([, not, word = '']) => {
      const wanted = word.toLowerCase();
      const meets = condition(field, (value) => (isPartial ? value.includes(wanted) : value === wanted));
      return meets(of) !== Boolean(not);
    });
}

/** The Message-Id when the query is for one mail, which is then found by an index. */
function messageIdOf({ filters }: Query): string | null {
  const id = filters.find(([field]) => field === 'message-id')?.[1];
  return id !== undefined && /^[^\s<>"()]+$/.test(id) ? `<${id}>` : null;
}
