import { z } from 'zod';
import { appeared, condition, type Condition } from './eventFilter.ts';
import { logItem } from './eventJson.ts';
import { type Cursor, pageOf, readToken, tokenOf } from './eventPage.ts';
import type { SentMails } from './sentMails.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** RFC 2822. */
const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'must be in RFC 2822 format')
  .transform((text) => Date.parse(text));

/**
 * The filters, and their names in `FIELDS`. Mailgun publishes no list; its own MCP server uses `message_id`.
 */
const ATTRIBUTES = {
  domain: 'domain',
  event: 'event',
  recipient: 'recipient',
  message_id: 'message-id',
  from: 'from',
  to: 'to',
  subject: 'subject',
  tag: 'tags',
  severity: 'severity',
  reason: 'reason',
};

const Filter = z.object({
  attribute: z.enum(Object.keys(ATTRIBUTES) as (keyof typeof ATTRIBUTES)[]),
  comparator: z.enum(['=', '!=', 'contains', 'not contains']),
  values: z.array(z.object({ label: z.string(), value: z.string() })),
});

/** Body of `POST /v1/analytics/logs`. */
export const LogsQuery = z.object({
  start: time.optional(),
  end: time.optional(),
  duration: z
    .string()
    .regex(/^\d+[hdm]$/)
    .optional(),
  events: z.array(z.string()).optional(),
  filter: z.object({ AND: z.array(Filter) }).optional(),
  include_totals: z.boolean().optional(),
  pagination: z
    .object({
      sort: z.enum(['timestamp:asc', 'timestamp:desc']).optional(),
      token: z.string().optional(),
      limit: z.int().positive().max(100).optional(),
    })
    .optional(),
});

/** One page of log items. `end` is inclusive; clients write it in whole seconds. */
export function logsPage(
  mails: SentMails,
  query: z.output<typeof LogsQuery>,
  { url, eventsDelayMs }: { url: string; eventsDelayMs: number },
): Record<string, unknown> {
  const end = query.end ?? Date.now();
  const start = query.duration ? end - durationMs(query.duration) : (query.start ?? end - DAY_MS);
  const filters = query.filter?.AND ?? [];
  const conditions: Condition[] = filters.map(readFilter);
  if (query.events?.length) conditions.push(condition('event', (kind) => query.events!.includes(kind)));

  const events = appeared(mails, { from: start, to: end }, eventsDelayMs, conditions, messageIdOf(filters));
  const { sort = 'timestamp:desc', token = '', limit = 100 } = query.pagination ?? {};
  const cursor = readToken(token) as Cursor;
  const page = pageOf(events, sort === 'timestamp:asc', limit, cursor);
  const isOnly = cursor === null && page.items.length === events.length;
  return {
    start: rfc2822(start),
    end: rfc2822(end),
    items: page.items.map((of) => logItem(of, url)),
    pagination: {
      ...(isOnly ? {} : links(page.next, page.previous)),
      ...(query.include_totals ? { total: events.length } : {}),
    },
    aggregates: {},
  };
}

const links = (next: Cursor, previous: Cursor) => ({
  previous: tokenOf(previous),
  next: tokenOf(next),
  first: tokenOf(null),
  last: tokenOf('last'),
});

/** `=` and `contains` match one of the values; the other comparators match none of them. */
function readFilter({ attribute, comparator, values }: z.output<typeof Filter>): Condition {
  const wanted = values.map(({ value }) => value.toLowerCase());
  const isPartial = comparator.endsWith('contains');
  const meets = condition(ATTRIBUTES[attribute], (value) =>
    wanted.some((text) => (isPartial ? value.includes(text) : value === text)),
  );
  return comparator === '=' || comparator === 'contains' ? meets : (of) => !meets(of);
}

/** The Message-Id when the query is for one mail, which is then found by an index. */
function messageIdOf(filters: z.output<typeof Filter>[]): string | null {
  const filter = filters.find(
    ({ attribute, comparator }) => attribute === 'message_id' && comparator === '=',
  );
  return filter?.values.length === 1 ? `<${filter.values[0]!.value}>` : null;
}

const UNIT_MS = { h: 60 * 60 * 1000, d: DAY_MS, m: 30 * DAY_MS };
const durationMs = (text: string): number =>
  Number.parseInt(text, 10) * UNIT_MS[text.at(-1) as keyof typeof UNIT_MS];
const rfc2822 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '-0000');
