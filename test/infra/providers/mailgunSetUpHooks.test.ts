import { createOutbound } from '../../../src/infra/providers/index.ts';
import { clientOf } from '../../../dev/mailgun/test/outbound/client.ts';
import { API_KEY, localMailgunFor, startReceiver } from '../../../dev/mailgun/test/receiver.ts';
import { faultOf, patience, PUBLIC_URL, setUpAt } from './mailgunSetUp.ts';
import { json, startFakeApi } from './mailgunOutboundServer.ts';

const OURS = `${PUBLIC_URL}/webhooks/mailgun/events`;
const TYPES = ['accepted', 'delivered', 'temporary_fail', 'permanent_fail', 'complained'];

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sandbox: Awaited<ReturnType<typeof localMailgunFor>>;
beforeEach(async () => {
  receiver = await startReceiver();
  sandbox = await localMailgunFor(receiver);
  await setUp().createDomain('acme.test');
});
afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});
const setUp = (timeoutMs = 20_000) => setUpAt(sandbox.url, { apiKey: API_KEY, timeoutMs });
const keep = (publicUrl = PUBLIC_URL, timeoutMs?: number) =>
  setUp(timeoutMs).keepEventHooks('acme.test', publicUrl);
const hooks = async () => {
  const authorization = `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}`;
  const response = await fetch(`${sandbox.url}/v3/domains/acme.test/webhooks`, {
    headers: { authorization },
  });
  const { webhooks } = (await response.json()) as { webhooks: Record<string, { urls: string[] }> };
  return Object.fromEntries(Object.entries(webhooks).map(([type, { urls }]) => [type, urls]));
};
const put = (type: string, urls: string[]) =>
  clientOf(sandbox).webhooks.create('acme.test', type, urls as unknown as string, false);
const each = (urls: string[]) => Object.fromEntries(TYPES.map((type) => [type, urls]));

test('all delivery events are posted to our webhook; then nothing is left to do', async () => {
  expect(await keep()).toEqual(TYPES);
  expect(await hooks()).toEqual(each([OURS]));
  const outbound = createOutbound({
    mailgun: { apiKey: '', signingKey: '', url: '', signatureHours: 12, timeoutMs: 1 },
  });
  expect(OURS).toBe(`${PUBLIC_URL}/webhooks/${outbound.name}/${outbound.events.path}`);
  expect(await keep()).toEqual([]);
});

test('URLs of others stay, and their kinds', async () => {
  await put('delivered', ['https://crm.test/a', 'https://crm.test/b']);
  await put('complained', [OURS, 'https://crm.test/a']);
  await put('opened', ['https://crm.test/a']);
  expect(await keep()).toEqual(['accepted', 'delivered', 'temporary_fail', 'permanent_fail']);
  expect(await hooks()).toEqual({
    ...each([OURS]),
    delivered: ['https://crm.test/a', 'https://crm.test/b', OURS],
    complained: [OURS, 'https://crm.test/a'],
    opened: ['https://crm.test/a'],
  });
});

test('from http to https our own is replaced; another place is another’s', async () => {
  await keep('http://desk.example.test');
  await put('opened', ['https://crm.test/a']);
  await keep('https://other.example.test');
  expect(await keep()).toEqual(TYPES);
  expect(await hooks()).toMatchObject(each(['https://other.example.test/webhooks/mailgun/events', OURS]));
});

test('no room for our URL: says so, after the other types were corrected', async () => {
  const full = ['https://crm.test/a', 'https://crm.test/b', 'https://crm.test/c'];
  await put('accepted', full);
  const fault = await faultOf(keep());
  expect(fault).toMatchObject({ refused: 'HooksFull' });
  expect(fault).toHaveProperty('reason', expect.stringMatching(/accepted events of acme\.test .*remove one/));
  expect(await hooks()).toEqual({ ...each([OURS]), accepted: full });
});

test.each(['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const)(
  'cut off (%s): again, and each is there once',
  async (answer) => {
    sandbox.faults.set({ domains: { answer, method: 'POST', times: 1 } });
    expect(await faultOf(keep(PUBLIC_URL, patience(answer)))).toHaveProperty('away');
    expect(await keep()).toEqual(TYPES.slice(1));
    expect(await hooks()).toEqual(each([OURS]));
  },
);

test('two concurrent calls', async () => {
  await Promise.all([keep(), keep(), keep()]);
  expect(await hooks()).toEqual(each([OURS]));
});

test('a URL that Mailgun does not take is refused with its words', async () => {
  const message = `${OURS} is not a valid url: host not found`;
  sandbox.faults.set({ domains: { answer: 400, message, method: 'POST' } });
  expect(await faultOf(keep())).toEqual({ refused: 'Http400', reason: `Mailgun refused: ${message}` });
});

test('a list that cannot be read completely is not overwritten', async () => {
  const api = await startFakeApi();
  try {
    api.answer = json(200, { webhooks: { delivered: { url: 'https://crm.test/a' } } });
    expect(await faultOf(setUpAt(api.url).keepEventHooks('acme.test', PUBLIC_URL))).toMatchObject({
      away: 'NotMailgun',
    });
    expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
  } finally {
    await api.close();
  }
});
