import { createMailgunOutbound } from '../../../src/infra/providers/mailgun/outbound.ts';
import { json, plain, startFakeApi, type FakeApi } from './mailgunOutboundServer.ts';

let api: FakeApi;
beforeEach(async () => void (api = await startFakeApi()));
afterEach(() => api.close());

const MESSAGE_ID = '<m-1+x@acme.test>';
const find = (base = api.url, change = {}) =>
  createMailgunOutbound({
    apiKey: 'k',
    signingKey: '',
    url: base,
    signatureHours: 12,
    timeoutMs: 60_000,
    ...change,
  }).findEvents({
    messageId: MESSAGE_ID,
    from: 'support@acme.test',
    since: new Date('2026-11-23T10:00:00.900Z'),
  });

const event = (n: number, change = {}) => ({
  event: 'delivered',
  id: `e${n}`,
  timestamp: 1795428200 + n,
  recipient: `r${n}@client.test`,
  message: { headers: { 'message-id': MESSAGE_ID.slice(1, -1) } },
  'user-variables': { 'postroom-message': 'm-1', 'postroom-attempt': '1' },
  ...change,
});
const idsOf = async (found: ReturnType<typeof find>) => {
  const result = await found;
  return result.readable ? result.events.map(({ id }) => id) : result;
};

test('asks for the events of this mail, in the form that is documented', async () => {
  api.answer = json(200, { items: [], paging: { next: `${api.url}/v3/acme.test/events/W3Rva2VuXQ==` } });
  expect(await find()).toEqual({ readable: true, events: [] });
  expect(api.asked).toHaveLength(1);
  const [{ method, url, headers }] = api.asked as [(typeof api.asked)[0]];
  const { pathname, searchParams } = new URL(url, api.url);
  expect([method, pathname]).toEqual(['GET', '/v3/acme.test/events']);
  expect(Object.fromEntries(searchParams)).toEqual({
    begin: '1795428000',
    ascending: 'yes',
    limit: '300',
    'message-id': 'm-1+x@acme.test',
  });
  expect(headers.authorization).toBe(`Basic ${Buffer.from('api:k').toString('base64')}`);
});

test.each(['', '/gateway'])('follows the pages to the empty one, base URL %j', async (prefix) => {
  const pages: Record<string, object> = {
    '/v3/acme.test/events': {
      items: [event(1), event(2)],
      paging: { next: 'events/W1sx?page=next&x=a%2Bb' },
    },
    '/v3/acme.test/events/W1sx': { items: [event(3)], paging: { next: 'events/Last==' } },
    '/v3/acme.test/events/Last==': { items: [], paging: { next: 'events/Last==' } },
  };
  api.answer = (response, asked) => {
    const page = JSON.stringify(pages[new URL(asked.url, api.url).pathname.slice(prefix.length)]);
    return json(200, JSON.parse(page.replace('"events/', `"${api.url}${prefix}/v3/acme.test/events/`)))(
      response,
      asked,
    );
  };
  expect(await idsOf(find(`${api.url}${prefix}`))).toEqual(['e1', 'e2', 'e3']);
  expect(api.asked[1]!.url).toBe(`${prefix}/v3/acme.test/events/W1sx?page=next&x=a%2Bb`);
});

test('the next page is requested from the configured host only, because of the key', async () => {
  const other = await startFakeApi();
  try {
    api.answer = (response, asked) =>
      json(200, {
        items: asked.url.endsWith('/more') ? [] : [event(1)],
        paging: { next: `${other.url}/v3/acme.test/events/more` },
      })(response, asked);
    expect(await idsOf(find())).toEqual(['e1']);
    expect(other.asked).toEqual([]);
  } finally {
    await other.close();
  }
});

test('only the events of this mail count, no matter which others come', async () => {
  api.answer = json(200, {
    items: [
      event(1),
      event(2, { message: { headers: { 'message-id': 'other@acme.test' } } }),
      event(3, { message: { headers: { 'message-id': MESSAGE_ID } } }),
      event(4, { event: 'opened' }),
      event(5, { message: undefined }),
      null,
      'event',
    ],
  });
  expect(await idsOf(find())).toEqual(['e1', 'e3']);
});

test.each([
  ['401', plain(401, 'Forbidden'), 'Http401'],
  ['403', json(403, { message: 'no' }), 'Http403'],
  ['404', json(404, { message: 'Domain not found' }), 'Http404'],
])('%s: events cannot be read', async (_, answer, code) => {
  api.answer = answer;
  expect(await find()).toEqual({ readable: false, code });
});

test('without a key they cannot be read', async () => {
  expect(await find(api.url, { apiKey: '' })).toEqual({ readable: false, code: 'NoApiKey' });
  expect(api.asked).toEqual([]);
});

test.each<[string, FakeApi['answer'], string]>([
  ['429', json(429, { message: 'slow' }), 'Http429'],
  ['500', json(500, { message: 'Internal Server Error' }), 'Http500'],
  ['400', json(400, { message: 'begin' }), 'Http400'],
  ['a page of a proxy', plain(200, '<html>'), 'NoEvents'],
  ['no list', json(200, { items: 'none' }), 'NoEvents'],
  ['an address where no API is', plain(200, 'Mailgun Magnificent API'), 'WrongUrl'],
  ['a redirect', plain(302, '', { location: '/login' }), 'Http302'],
  ['broken off', (response) => void response.socket!.resetAndDestroy(), 'ECONNRESET'],
])('%s is thrown, and may pass', async (_, answer, code) => {
  api.answer = answer;
  await expect(find()).rejects.toMatchObject({ code });
  expect(api.asked).toHaveLength(1);
});

test('what fails on a later page is no answer either', async () => {
  api.answer = (response, asked) =>
    asked.url.endsWith('/more')
      ? json(500, {})(response, asked)
      : json(200, { items: [event(1)], paging: { next: `${api.url}/v3/acme.test/events/more` } })(
          response,
          asked,
        );
  await expect(find()).rejects.toMatchObject({ code: 'Http500' });
});

test('endless pages are an error', async () => {
  api.answer = json(200, { items: [event(1)], paging: { next: `${api.url}/v3/acme.test/events/more` } });
  await expect(find()).rejects.toMatchObject({ code: 'TooMany' });
});

test('a missing answer ends with the timeout', async () => {
  api.answer = () => {};
  await expect(find(api.url, { signatureHours: 12, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'Timeout',
  });
});
