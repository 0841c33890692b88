import type { ProviderSetUp } from '../../../src/infra/providers/setup.ts';
import { faultOf, PUBLIC_URL, setUpAt } from './mailgunSetUp.ts';
import { type FakeApi, json, plain, startFakeApi } from './mailgunOutboundServer.ts';

let api: FakeApi;
beforeEach(async () => void (api = await startFakeApi()));
afterEach(() => api.close());

const CALLS: [name: string, call: (setUp: ProviderSetUp) => Promise<unknown>][] = [
  ['findDomain', (setUp) => setUp.findDomain('acme.test')],
  ['createDomain', (setUp) => setUp.createDomain('acme.test')],
  ['verifyDomain', (setUp) => setUp.verifyDomain('acme.test')],
  ['removeDomain', (setUp) => setUp.removeDomain('acme.test')],
  ['keepRoutes', (setUp) => setUp.keepRoutes(['acme.test'], PUBLIC_URL)],
  ['keepEventHooks', (setUp) => setUp.keepEventHooks('acme.test', PUBLIC_URL)],
];

describe.each(CALLS)('%s', (_, call) => {
  const fault = (change = {}) => faultOf(call(setUpAt(api.url, change)));

  test('without a key: no call is made', async () => {
    const refusal = await fault({ apiKey: '' });
    expect(refusal).toMatchObject({ refused: 'NoApiKey' });
    expect(refusal).toHaveProperty('reason', expect.stringContaining('MAILGUN_API_KEY'));
    expect(api.asked).toEqual([]);
  });

  test.each([
    ['a wrong key', plain(401, 'Forbidden')],
    ['a wrong key, as JSON', json(401, { message: 'Invalid private key' })],
  ])('%s', async (__, answer) => {
    api.answer = answer;
    const refusal = await fault();
    expect(refusal).toMatchObject({ refused: 'Http401' });
    expect(refusal).toHaveProperty('reason', expect.stringContaining('MAILGUN_API_KEY'));
  });

  test.each([
    ['JSON', { message: 'not now, not ever' }],
    ['its other JSON', { Reason: 'not now, not ever' }],
  ])('a 400 with a reason, as %s', async (__, body) => {
    api.answer = json(400, body);
    expect(await fault()).toEqual({ refused: 'Http400', reason: 'Mailgun refused: not now, not ever' });
  });

  test('the base URL is not that of the API', async () => {
    api.answer = plain(200, 'Mailgun Magnificent API');
    const refusal = await fault();
    expect(refusal).toMatchObject({ refused: 'WrongUrl' });
    expect(refusal).toHaveProperty('reason', expect.stringContaining('MAILGUN_URL'));
  });

  const page = '<html><body>Domain not found</body></html>';
  test.each([
    ['a page that says 200', plain(200, page), 'NotMailgun'],
    ['a text that says 200', plain(200, 'OK'), 'NotMailgun'],
    ['a 200 that says nothing', plain(200, ''), 'NotMailgun'],
    ['a 200 with JSON of something else', json(200, { ok: true }), 'NotMailgun'],
    ['a 200 with a list', json(200, []), 'NotMailgun'],
    ['a redirect', plain(302, 'elsewhere', { location: 'http://127.0.0.1:1/' }), 'Http302'],
    ['a page that says 400', plain(400, page), 'Http400'],
    ['a page that says 401', plain(401, page), 'Http401'],
    ['a page that says 403', plain(403, page), 'Http403'],
    ['a page that says 404', plain(404, page), 'Http404'],
    ['a text that says 404', plain(404, '404 page not found'), 'Http404'],
    ['a 404 that says nothing', plain(404, ''), 'Http404'],
    ['a fault of Mailgun', json(500, { message: 'Internal Server Error' }), 'Http500'],
    ['a gateway', plain(502, page), 'Http502'],
    ['a gateway that speaks JSON', json(504, { error: 'Gateway Timeout' }), 'Http504'],
  ])('%s may pass', async (__, answer, code) => {
    api.answer = answer;
    expect(await fault()).toEqual({ away: code, retryAfterMs: null });
  });

  test.each([
    [{ message: 'account-requests-per-sec limit exceeded, try again after 120 seconds' }, 120_000],
    [{ message: 'Too many requests', 'retry-seconds': 60 }, 60_000],
    [{ message: 'Too many requests' }, null],
  ])('asked to wait: %j', async (body, retryAfterMs) => {
    api.answer = json(429, body);
    expect(await fault()).toEqual({ away: 'Http429', retryAfterMs });
  });

  test('a connection that breaks, before and within the answer', async () => {
    api.answer = (response) => void response.socket!.destroy();
    expect(await fault()).toEqual({ away: 'ECONNRESET', retryAfterMs: null });
    api.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"message": "Dom', () => response.socket!.destroy());
    };
    expect(await fault()).toMatchObject({ away: expect.stringMatching(/^[A-Z]/) as string });
  });

  test('no answer: a silent server, and none at all', async () => {
    api.answer = () => {};
    expect(await fault({ timeoutMs: 100 })).toEqual({ away: 'Timeout', retryAfterMs: null });
    const { url } = api;
    await api.close();
    expect(await faultOf(call(setUpAt(url)))).toEqual({ away: 'ECONNREFUSED', retryAfterMs: null });
    api = await startFakeApi();
  });
});

test.each(['Domain not found', 'Domain not found: acme.test'])('%s: it is not there', async (message) => {
  api.answer = json(404, { message });
  const setUp = setUpAt(api.url);
  expect(await setUp.findDomain('acme.test')).toBeNull();
  expect(await setUp.verifyDomain('acme.test')).toBeNull();
  await setUp.removeDomain('acme.test');
  expect(await faultOf(setUp.keepEventHooks('acme.test', PUBLIC_URL))).toEqual({
    refused: 'Http404',
    reason: `Mailgun refused: ${message}`,
  });
});
