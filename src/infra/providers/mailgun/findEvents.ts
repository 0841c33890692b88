import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { DeliveryEvent, FoundEvents } from '../outbound.ts';
import { type MailgunAnswer, call, domainOf } from './call.ts';
import { readEvent } from './events.ts';

/** Entries of a page: Mailgun's maximum. */
const PAGE = 300;
/**
 * A mail has at most a thousand recipients, with a few events each: more pages mean that Mailgun ignored the
 * filter.
 */
const MAX_PAGES = 50;

const Page = z.object({
  items: z.array(z.unknown()),
  paging: z.object({ next: z.string().optional() }).optional(),
});

/** Mailgun's answer is not a list of events; the error may be temporary. */
class EventsNotRead extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * The events of a mail, from `GET /v3/{domain}/events`. This API has a documented filter by Message-Id
 * (Mailgun user manual, "Filter field"); the newer Logs API has none. @throws EventsNotRead, NoAnswer
 */
export async function findEvents(
  config: Config['mailgun'],
  { messageId, from, since }: { messageId: string; from: string; since: Date },
): Promise<FoundEvents> {
  if (config.apiKey === '') return { readable: false, code: 'NoApiKey' };
  // With angle brackets Mailgun ignores the filter, and returns everything (mailgun.js, issue 296).
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
    // Events on pages that were not read must not count as missing.
    if (page > MAX_PAGES) throw new EventsNotRead('TooMany');
    const answer = await ask(config, path);
    // The key may only send, or the plan has no events. (404 hides a domain from those who may not see it.)
    if ([401, 403, 404].includes(answer.status)) return { readable: false, code: `Http${answer.status}` };
    if (answer.status !== 200) throw new EventsNotRead(`Http${answer.status}`);
    const { data } = Page.safeParse(answer.body);
    if (!data) throw new EventsNotRead('NoEvents');
    const pageEvents = data.items.map(readEvent).filter((event) => event !== null);
    events.push(...pageEvents.filter((event) => event.messageId === `<${id}>`));
    // There is always a next page; the one after the last is empty.
    path = data.items.length === 0 ? null : pathOf(data.paging?.next, config.url);
  }
  return { readable: true, events };
}

/** Does not use the client's `events.get`, which writes a warning to the console each time. */
function ask(config: Config['mailgun'], path: string): Promise<MailgunAnswer> {
  return call(config, (client) => client.request.get(path));
}

/** The path of a page relative to the base URL: the API key must not be sent to any other host. */
function pathOf(next: string | undefined, base: string): string | null {
  if (next === undefined || !URL.canParse(next)) return null;
  const { pathname, search } = new URL(next);
  const prefix = new URL(base).pathname.replace(/\/$/, '');
  return pathname.slice(pathname.startsWith(prefix) ? prefix.length : 0) + search;
}
