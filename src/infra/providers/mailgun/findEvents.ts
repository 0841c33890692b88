import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { DeliveryEvent, FoundEvents } from '../outbound.ts';
import { type MailgunAnswer, call, domainOf } from './call.ts';
import { readEvent } from './events.ts';

/** Entries of a page: the most that there may be. */
const PAGE = 300;
/**
 * A mail has a thousand recipients at most, and a handful of events for each: beyond, the filter was passed
 * over.
 */
const MAX_PAGES = 50;

const Page = z.object({
  items: z.array(z.unknown()),
  paging: z.object({ next: z.string().optional() }).optional(),
});

/** Mailgun answered with something that is no list of events; it may pass. */
class EventsNotRead extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Events of a mail, from `GET /v3/{domain}/events`. The newer Logs API has no documented filter by
 * Message-Id, and this one has (Mailgun user manual, "Filter field"). @throws EventsNotRead, NoAnswer
 */
export async function findEvents(
  config: Config['mailgun'],
  { messageId, from, since }: { messageId: string; from: string; since: Date },
): Promise<FoundEvents> {
  if (config.apiKey === '') return { readable: false, code: 'NoApiKey' };
  // With brackets the filter is passed over, and everything comes (mailgun.js, issue 296).
  const id = messageId.replace(/^<|>$/g, '');
  const query = new URLSearchParams({
    begin: String(Math.floor(since.getTime() / 1000)),
    ascending: 'yes',
    limit: String(PAGE),
    'message-id': id,
  });
  let path: string | null = `/v3/${domainOf(from)}/events?${query.toString()}`;
  const events: DeliveryEvent[] = [];
  for (let page = 1; path !== null; page += 1) {
    // What was not looked at must not count as not there.
    if (page > MAX_PAGES) throw new EventsNotRead('TooMany');
    const answer = await ask(config, path);
    // A key for sending only, or a plan without events. (404 is how a domain is hidden from who may not see
    // it.)
    if ([401, 403, 404].includes(answer.status)) return { readable: false, code: `Http${answer.status}` };
    if (answer.status !== 200) throw new EventsNotRead(`Http${answer.status}`);
    const { data } = Page.safeParse(answer.body);
    if (!data) throw new EventsNotRead('NoEvents');
    const found = data.items.map(readEvent).filter((event) => event !== null);
    events.push(...found.filter((event) => event.messageId === `<${id}>`));
    // There is always a next page; the one after the last is empty.
    path = data.items.length === 0 ? null : pathOf(data.paging?.next, config.url);
  }
  return { readable: true, events };
}

/** Not `events.get` of the client: that writes a warning to the console each time. */
function ask(config: Config['mailgun'], path: string): Promise<MailgunAnswer> {
  return call(config, (client) => client.request.get(path));
}

/** The path of a page below the base URL: the key goes nowhere else. */
function pathOf(next: string | undefined, base: string): string | null {
  if (next === undefined || !URL.canParse(next)) return null;
  const { pathname, search } = new URL(next);
  const prefix = new URL(base).pathname.replace(/\/$/, '');
  return pathname.slice(pathname.startsWith(prefix) ? prefix.length : 0) + search;
}
