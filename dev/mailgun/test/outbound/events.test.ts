import { API_KEY, localMailgunFor, startReceiver } from '../receiver.ts';
import { clientOf, DOMAIN, errorOf, mimeOf, mimeSend } from './client.ts';

type LocalMailgun = Awaited<ReturnType<typeof localMailgunFor>>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
const open: LocalMailgun[] = [];
// mailgun.js prints at each call that its events API is deprecated.
const warn = console.warn;
beforeAll(async () => {
  console.warn = () => {};
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const localMailgun of open.splice(0)) await localMailgun.close();
});
afterAll(async () => {
  console.warn = warn;
  await receiver.close();
});

async function start(options: Parameters<typeof localMailgunFor>[1] = {}) {
  const localMailgun = await localMailgunFor(receiver, { stepMs: 0, ...options });
  open.push(localMailgun);
  return { localMailgun, client: clientOf(localMailgun) };
}
type Client = ReturnType<typeof clientOf>;

const send = (client: Client, to: string | string[], messageId: string, more: Record<string, unknown> = {}) =>
  client.messages.create(DOMAIN, mimeSend(to, mimeOf({ messageId }), more));
/** Steps of a delivery follow each other within a millisecond here. */
const happened = () => new Promise((resolve) => setTimeout(resolve, 5));
/** All events of a mail, oldest first. */
const eventsOf = async (client: Client, messageId: string) =>
  (await client.events.get(DOMAIN, { 'message-id': messageId.slice(1, -1), begin: '0', ascending: 'yes' }))
    .items;
const kinds = (items: { event: string; severity?: string }[]) =>
  items.map(({ event, severity }) => (severity ? `${event} ${severity}` : event));
const raw = async (url: string) => {
  const authorization = `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}`;
  return (await fetch(url, { headers: { authorization } })).json() as Promise<Record<string, unknown>>;
};

describe('the events of a mail', () => {
  test.each([
    ['dana@client.test', ['accepted', 'delivered']],
    ['bounce@client.test', ['accepted', 'failed permanent']],
    ['slow+tag@client.test', ['accepted', 'failed temporary', 'failed temporary', 'delivered']],
    ['Complain@client.test', ['accepted', 'delivered', 'complained']],
    ['slowly@client.test', ['accepted', 'delivered']],
  ])('%s: %j', async (to, expected) => {
    const { localMailgun, client } = await start();
    await send(client, to, '<one@postroom.test>');
    await happened();
    expect(kinds(await eventsOf(client, '<one@postroom.test>'))).toEqual(expected);
    expect(localMailgun.outbox.map((mail) => mail.recipient)).toEqual(
      expected.includes('delivered') ? [to] : [],
    );
  });

  test('in steps', async () => {
    const { localMailgun, client } = await start({ stepMs: 60_000 });
    await send(client, ['slow@client.test', 'complain@client.test'], '<steps@postroom.test>');
    await happened();
    const items = await eventsOf(client, '<steps@postroom.test>');
    expect(items.map(({ recipient, event }) => `${recipient} ${event}`).toSorted()).toEqual([
      'complain@client.test accepted',
      'complain@client.test delivered',
      'slow@client.test accepted',
      'slow@client.test failed',
    ]);
    expect(localMailgun.outbox.map((mail) => mail.recipient)).toEqual(['complain@client.test']);
  });

  test('an address that bounced gets no more mail until it is removed from the list', async () => {
    const { client } = await start();
    await send(client, 'bounce@client.test', '<first@postroom.test>');
    await send(client, ['Bounce@Client.test', 'dana@client.test'], '<second@postroom.test>');
    const failed = (await eventsOf(client, '<second@postroom.test>')).find(({ event }) => event === 'failed');
    expect(failed).toMatchObject({
      severity: 'permanent',
      reason: 'suppress-bounce',
      recipient: 'Bounce@Client.test',
      'delivery-status': { code: 605, description: 'Not delivering to previously bounced address' },
    });
    const list = await client.suppressions.list(DOMAIN, 'bounces');
    expect(list.items).toMatchObject([
      { address: 'bounce@client.test', code: 550, error: '5.1.1 No such user' },
    ]);
    expect((await client.suppressions.list('other.test', 'bounces')).items).toEqual([]);
    expect(await client.suppressions.get(DOMAIN, 'bounces', 'bounce@client.test')).toMatchObject({
      code: 550,
    });

    expect(await client.suppressions.destroy(DOMAIN, 'bounces', 'bounce@client.test')).toMatchObject({
      message: 'Bounced address has been removed',
      address: 'bounce@client.test',
    });
    expect(await errorOf(client.suppressions.destroy(DOMAIN, 'bounces', 'bounce@client.test'))).toMatchObject(
      {
        status: 404,
        details: 'Address not found in bounces table',
      },
    );
    await send(client, 'bounce@client.test', '<third@postroom.test>');
    expect((await eventsOf(client, '<third@postroom.test>')).at(-1)).toMatchObject({ reason: 'bounce' });
  });
});

describe('shape', () => {
  test('an event of the Events API, and the same as a log item', async () => {
    const { localMailgun, client } = await start();
    const more = { 'o:tag': ['reply', 'm-1'], 'v:message_id': 'm-1', 'v:attempt': '2' };
    await send(client, 'Dana@client.test', '<shape@postroom.test>', more);
    await happened();
    const [accepted, delivered] = (await eventsOf(client, '<shape@postroom.test>')) as unknown as Record<
      string,
      unknown
    >[];
    const storageUrl = expect.stringMatching(
      new RegExp(`^${localMailgun.url}/v3/domains/postroom.test/messages/[\\w-]+$`),
    );
    const common = {
      'log-level': 'info',
      account: { id: expect.any(String) },
      domain: { name: DOMAIN },
      recipient: 'Dana@client.test',
      'recipient-domain': 'client.test',
      storage: { key: expect.any(String), url: storageUrl, region: 'us-east4', env: 'production' },
      tags: ['reply', 'm-1'],
      campaigns: [],
      'user-variables': { message_id: 'm-1', attempt: '2' },
    };
    const headers = {
      to: 'Dana <dana@client.test>',
      'message-id': 'shape@postroom.test',
      from: 'Acme Support <support@postroom.test>',
      subject: 'Re: Order 1042',
    };
    expect(accepted).toEqual({
      ...common,
      event: 'accepted',
      id: expect.stringMatching(/^[\w-]{22}$/),
      timestamp: expect.any(Number),
      method: 'HTTP',
      'api-key-id': expect.any(String),
      envelope: { sender: 'support@postroom.test', transport: 'smtp', targets: 'Dana@client.test' },
      flags: { 'is-authenticated': true, 'is-test-mode': false },
      message: { headers, attachments: [], recipients: ['Dana@client.test'], size: expect.any(Number) },
    });
    expect(delivered).toMatchObject({
      ...common,
      event: 'delivered',
      'delivery-status': { code: 250, 'attempt-no': 1, message: 'OK', 'mx-host': 'mx.client.test' },
      message: { headers, attachments: [], size: expect.any(Number) },
    });
    expect(Number(delivered!.timestamp)).toBeGreaterThan(Number(accepted!.timestamp));

    const { items } = await client.logs.list({
      end: new Date(Date.now() + 60_000),
      start: new Date(0),
      filter: { AND: [equals('message_id', 'shape@postroom.test')] },
      pagination: { sort: 'timestamp:asc' },
    });
    const { timestamp, ...rest } = delivered as { timestamp: number };
    expect(items[1]).toEqual({
      ...rest,
      '@timestamp': new Date(Math.round(timestamp * 1000)),
      'user-variables': '{"message_id":"m-1","attempt":"2"}',
      storage: { ...(delivered!.storage as object), url: [storageUrl] },
    });
  });

  test('storage.url leads to the stored message', async () => {
    const { client } = await start();
    const composed = {
      from: 'Acme <support@postroom.test>',
      to: 'dana@client.test',
      subject: 'Größe',
      text: 'Hello',
      attachment: [{ filename: 'a.txt', data: Buffer.from('abc') }],
    };
    const { id } = await client.messages.create(DOMAIN, composed);
    const url = (await eventsOf(client, id!))[0]!.storage.url;
    const [stored, again] = await Promise.all([raw(url), raw(url)]);
    expect(again).toEqual(stored);
    expect(stored).toMatchObject({
      recipients: 'dana@client.test',
      sender: 'support@postroom.test',
      Subject: 'Größe',
      'Message-Id': id,
      'body-plain': 'Hello',
      attachments: [{ name: 'a.txt', 'content-type': 'text/plain', size: 3 }],
    });
    const authorization = `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}`;
    const file = await fetch((stored.attachments as { url: string }[])[0]!.url, {
      headers: { authorization },
    });
    expect(await file.text()).toBe('abc');
    expect(
      (await fetch(url.replace('/postroom.test/', '/other.test/'), { headers: { authorization } })).status,
    ).toBe(404);
  });
});

const equals = (attribute: string, value: string) => ({
  attribute,
  comparator: '=',
  values: [{ label: value, value }],
});
const FUTURE = new Date(Date.now() + 3_600_000);

describe('queries', () => {
  let localMailgun: LocalMailgun;
  let client: Client;
  beforeEach(async () => {
    ({ localMailgun, client } = await start());
    for (const n of [1, 2, 3])
      await send(client, ['dana@client.test', `u${n}@client.test`], `<${n}@postroom.test>`);
    await send(client, 'bounce@client.test', '<b@postroom.test>', { 'o:tag': 'x' });
    await happened();
  });

  test('by kind, recipient, Message-Id, tag, severity; of one domain', async () => {
    const count = async (query: Record<string, string>, domain = DOMAIN) =>
      (await client.events.get(domain, query)).items.length;
    expect(await count({})).toBe(14);
    expect(await count({ event: 'delivered' })).toBe(6);
    expect(await count({ event: 'delivered OR failed' })).toBe(7);
    expect(await count({ event: 'NOT accepted' })).toBe(7);
    expect(await count({ recipient: 'U2@client.test' })).toBe(2);
    expect(await count({ 'message-id': '2@postroom.test' })).toBe(4);
    expect(await count({ 'message-id': '2@postroom.test', event: 'accepted' })).toBe(2);
    expect(await count({ 'message-id': '"2@postroom.test" OR 3@postroom.test' })).toBe(8);
    // Mailgun ignores the filter with angle brackets (mailgun.js, issue 296).
    expect(await count({ 'message-id': '<2@postroom.test>', event: 'accepted' })).toBe(7);
    expect(await count({ 'message-id': 'none@postroom.test' })).toBe(0);
    expect(await count({ tags: 'x' })).toBe(2);
    expect(await count({ severity: 'permanent' })).toBe(1);
    expect(await count({}, 'other.test')).toBe(0);
  });

  test('in a range of time, in either direction', async () => {
    const all = (await client.events.get(DOMAIN, { begin: '0', ascending: 'yes' })).items;
    const times = all.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const newestFirst = (await client.events.get(DOMAIN, {})).items.map(({ timestamp }) => timestamp);
    expect(newestFirst).toEqual(times.toReversed());
    const middle = times[7]!;
    const from = (await client.events.get(DOMAIN, { begin: String(middle), ascending: 'yes' })).items;
    expect(from.map(({ timestamp }) => timestamp)).toEqual(times.filter((time) => time >= middle));
    const down = (await client.events.get(DOMAIN, { begin: String(middle), end: '1' })).items;
    expect(down.map(({ timestamp }) => timestamp)).toEqual(
      times.filter((time) => time <= middle).toReversed(),
    );
    expect(
      (await client.events.get(DOMAIN, { begin: 'Fri, 01 Jan 2100 00:00:00 GMT', ascending: 'yes' })).items,
    ).toEqual([]);
  });

  test('page by page, and events that appear later', async () => {
    const all = (await client.events.get(DOMAIN, { begin: '0', ascending: 'yes' })).items.map(({ id }) => id);
    const seen: string[] = [];
    let page = await client.events.get(DOMAIN, { begin: '0', ascending: 'yes', limit: 4 });
    const first = page;
    while (page.items.length > 0) {
      seen.push(...page.items.map(({ id }) => id));
      page = await client.events.get(DOMAIN, { page: page.pages.next.page });
    }
    expect(seen).toEqual(all);
    const back = await client.events.get(DOMAIN, { page: page.pages.previous.page });
    expect(back.items.map(({ id }) => id)).toEqual(all.slice(-4));
    const last = await client.events.get(DOMAIN, { page: first.pages.last.page });
    expect(last.items.map(({ id }) => id)).toEqual(all.slice(-4));

    await send(client, 'dana@client.test', '<later@postroom.test>');
    await happened();
    const more = await client.events.get(DOMAIN, { page: page.pages.next.page });
    expect(kinds(more.items)).toEqual(['accepted', 'delivered']);
  });

  test('logs: filters, pages, totals', async () => {
    const query = {
      start: new Date(0),
      end: FUTURE,
      events: ['delivered', 'failed'],
      include_totals: true,
      filter: { AND: [equals('domain', DOMAIN)] },
      pagination: { sort: 'timestamp:asc', limit: 3 },
    };
    const first = await client.logs.list(query);
    expect([first.items.length, first.pagination.total]).toEqual([3, 7]);
    const second = await client.logs.list({
      ...query,
      pagination: { ...query.pagination, token: first.pagination.next! },
    });
    const third = await client.logs.list({
      ...query,
      pagination: { ...query.pagination, token: second.pagination.next! },
    });
    expect(new Set([...first.items, ...second.items, ...third.items].map(({ id }) => id)).size).toBe(7);

    const only = await client.logs.list({
      start: new Date(0),
      end: FUTURE,
      filter: { AND: [equals('recipient', 'u1@client.test')] },
    });
    expect([kinds(only.items), only.pagination]).toEqual([['delivered', 'accepted'], {}]);
    const not = {
      attribute: 'recipient',
      comparator: 'not contains',
      values: [{ label: 'u', value: 'dana' }],
    };
    expect(
      (await client.logs.list({ start: new Date(0), end: FUTURE, filter: { AND: [not] } })).items,
    ).toHaveLength(8);
  });

  test('logs: an end in whole seconds excludes the rest of that second', async () => {
    const end = new Date();
    const { items } = await client.logs.list({ start: new Date(0), end });
    expect(
      items.every((item) => item['@timestamp'].getTime() <= Math.floor(end.getTime() / 1000) * 1000),
    ).toBe(true);
  });

  test('a query that cannot be read is refused', async () => {
    const filter = { AND: [equals('message-id', '1@postroom.test')] };
    expect(await errorOf(client.logs.list({ start: new Date(0), end: FUTURE, filter }))).toMatchObject({
      status: 400,
    });
    expect(await errorOf(client.events.get(DOMAIN, { begin: 'yesterday' }))).toMatchObject({ status: 400 });
    expect(await errorOf(client.events.get(DOMAIN, { page: 'nonsense' }))).toMatchObject({ status: 400 });
    const wrong = clientOf(localMailgun, { key: 'wrong' });
    expect(await errorOf(wrong.events.get(DOMAIN, {}))).toMatchObject({ status: 401, details: 'Forbidden' });
    expect(await errorOf(wrong.logs.list({ start: new Date(0), end: FUTURE }))).toMatchObject({
      status: 401,
    });
  });

  test.each([
    [401, { status: 401, details: 'Forbidden' }],
    [403, { status: 403, details: 'Forbidden' }],
    [429, { status: 429, details: expect.stringContaining('try again after 120 seconds') }],
    [500, { status: 500, details: 'Internal Server Error' }],
  ] as const)('faults: %d, twice', async (answer, error) => {
    localMailgun.faults.set({ events: { answer, times: 2 } });
    expect(await errorOf(client.events.get(DOMAIN, {}))).toMatchObject(error);
    expect(await errorOf(client.logs.list({ start: new Date(0), end: FUTURE }))).toMatchObject(error);
    expect((await client.events.get(DOMAIN, {})).items).toHaveLength(14);
  });

  test('faults: empty, and hanging', async () => {
    localMailgun.faults.set({ events: { answer: 'empty', times: 2 } });
    expect((await client.events.get(DOMAIN, {})).items).toEqual([]);
    expect((await client.logs.list({ start: new Date(0), end: FUTURE })).items).toEqual([]);
    localMailgun.faults.set({ events: { answer: 'hang' } });
    const impatient = clientOf(localMailgun, { timeout: 200 });
    expect(await errorOf(impatient.events.get(DOMAIN, {}))).toMatchObject({ message: 'ECONNABORTED' });
  });
});

test('events appear late, and at once when the delay is removed', async () => {
  const { localMailgun, client } = await start({ eventsDelayMs: 3_600_000 });
  await send(client, 'dana@client.test', '<late@postroom.test>');
  await happened();
  expect(localMailgun.outbox).toHaveLength(1);
  expect(await eventsOf(client, '<late@postroom.test>')).toEqual([]);
  expect((await client.logs.list({ start: new Date(0), end: FUTURE })).items).toEqual([]);
  localMailgun.set({ eventsDelayMs: 0 });
  expect(kinds(await eventsOf(client, '<late@postroom.test>'))).toEqual(['accepted', 'delivered']);
  expect((await client.logs.list({ start: new Date(0), end: FUTURE })).items).toHaveLength(2);
});
