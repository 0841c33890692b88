import { createProviders } from '../../../src/infra/providers/index.ts';
import { match, parseExpression } from '../../../dev/mailgun/setup/expression.ts';
import { clientOf } from '../../../dev/mailgun/test/outbound/client.ts';
import { API_KEY, localMailgunFor, startReceiver } from '../../../dev/mailgun/test/receiver.ts';
import { faultOf, patience, PUBLIC_URL, setUpAt } from './mailgunSetUp.ts';
import { json, startFakeApi } from './mailgunOutboundServer.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sandbox: Awaited<ReturnType<typeof localMailgunFor>>;
beforeEach(async () => {
  receiver = await startReceiver();
  sandbox = await localMailgunFor(receiver);
});
afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});
const keep = (domains: string[], publicUrl = PUBLIC_URL, timeoutMs = 20_000) =>
  setUpAt(sandbox.url, { apiKey: API_KEY, timeoutMs }).keepRoutes(domains, publicUrl);
const none = { created: [], repaired: [], removed: [] };
const routes = async () =>
  (await clientOf(sandbox).routes.list({ limit: 1000 })).map(
    ({ id, priority, description, expression, actions }) => ({
      id,
      priority,
      description,
      expression,
      actions: [...actions],
    }),
  );
type Listed = Awaited<ReturnType<typeof routes>>[0];
const put = (change: Partial<Omit<Listed, 'id'>>) => {
  const { actions, ...rest } = { expression: 'catch_all()', actions: ['stop()'], ...change };
  // form-data takes the number that the types want.
  return clientOf(sandbox).routes.create({ ...rest, action: actions });
};
const descriptions = async () => (await routes()).map(({ description }) => description).sort();

test('one route a domain, to the webhook for raw MIME; then nothing is left to do', async () => {
  expect(await keep(['acme.test', 'beta.test'])).toEqual({ ...none, created: ['acme.test', 'beta.test'] });
  expect(await routes()).toEqual([
    {
      id: expect.any(String) as string,
      priority: 0,
      description: 'Postroom at desk.example.test: acme.test',
      expression: String.raw`match_recipient("^.*@acme\.test$")`,
      actions: [`forward("${PUBLIC_URL}/webhooks/mailgun/inbound/mime")`, 'stop()'],
    },
    expect.objectContaining({ description: 'Postroom at desk.example.test: beta.test' }),
  ]);
  const [webhook] = createProviders({
    mailgun: { apiKey: '', signingKey: '', url: '', signatureHours: 12, timeoutMs: 1 },
    mimeTokens: [],
  }).values();
  expect(webhook!.paths.map((path) => `/webhooks/${webhook!.name}/${path}`)).toContain(
    '/webhooks/mailgun/inbound/mime',
  );
  expect(await keep(['beta.test', 'acme.test'])).toEqual(none);
});

test('mail takes it: to our webhook as MIME, and to no catch-all behind it', async () => {
  await put({ priority: 10, actions: [`forward("${receiver.url}/others")`] });
  await keep(['acme.test'], receiver.url);
  const send = (to: string) =>
    sandbox.receive({ from: 'd@client.test', to: [to], subject: 'Hi', text: 'Hello' });
  await send('support@acme.test');
  await send('support@xacme.test');
  expect(receiver.posts.map(({ url }) => url)).toEqual(['/webhooks/mailgun/inbound/mime', '/others']);
});

test.each([
  ['support@acme.test', true],
  ['Support+7@ACME.test', true],
  ['x@acmeXtest', false],
  ['x@acme.test.evil.test', false],
  ['x@sub.acme.test', false],
  ['x@xacme.test', false],
])('the expression and %s', async (address, isMatched) => {
  await keep(['acme.test']);
  const [route] = await routes();
  expect(match(parseExpression(route!.expression)!, address, []) !== null).toBe(isMatched);
});

test('an invalid name cannot break out of its expression', async () => {
  await keep(['xn--mnchen-3ya.test', 'a") or catch_all() #']);
  const [one, other] = (await routes()).map(({ expression }) => parseExpression(expression)!);
  expect(match(one!, 'x@xn--mnchen-3ya.test', [])).not.toBeNull();
  expect(other).toEqual([expect.objectContaining({ kind: 'recipient' })]);
  expect(match(other!, 'x@acme.test', [])).toBeNull();
});

const OURS = 'Postroom at desk.example.test: acme.test';
test.each<[string, Partial<Omit<Listed, 'id'>>]>([
  ['another priority', { priority: 7 }],
  ['another expression', { expression: 'catch_all()' }],
  ['no stop()', { actions: [`forward("${PUBLIC_URL}/webhooks/mailgun/inbound/mime")`] }],
  [
    'actions the other way round',
    { actions: ['stop()', `forward("${PUBLIC_URL}/webhooks/mailgun/inbound/mime")`] },
  ],
  ['another URL', { actions: ['forward("https://elsewhere.test/mime")', 'stop()'] }],
])('ours with %s is repaired in place', async (_, change) => {
  await keep(['acme.test']);
  const [{ id, ...right }] = (await routes()) as [Listed];
  await clientOf(sandbox).routes.destroy(id);
  await put({ ...right, ...change });
  const [{ id: changed }] = (await routes()) as [Listed];
  expect(await keep(['acme.test'])).toEqual({ ...none, repaired: ['acme.test'] });
  expect(await routes()).toEqual([{ id: changed, ...right }]);
  expect(await keep(['acme.test'])).toEqual(none);
});

test('from http to https is a repair, not a second installation', async () => {
  await keep(['acme.test'], 'http://desk.example.test');
  expect(await keep(['acme.test'], 'https://desk.example.test')).toEqual({
    ...none,
    repaired: ['acme.test'],
  });
  expect(await routes()).toHaveLength(1);
});

test('our routes that are not needed are removed, and no others', async () => {
  await put({ description: 'acme.test by hand', expression: 'match_recipient(".*@acme.test")' });
  await put({ description: '' });
  await put({ description: 'Postroom at desk.example.testing: acme.test' });
  await keep(['acme.test'], 'https://desk.example.test:8443');
  await keep(['acme.test'], 'https://desk.example.test/second');
  const others = await descriptions();
  await keep(['acme.test', 'beta.test']);
  expect(await keep(['beta.test'])).toEqual({ ...none, removed: ['acme.test'] });
  expect(await descriptions()).toEqual([...others, 'Postroom at desk.example.test: beta.test'].sort());
  expect(await keep([])).toEqual({ ...none, removed: ['beta.test'] });
  expect(await descriptions()).toEqual(others);
});

test('of several for one domain the right one stays, wherever it is listed', async () => {
  await put({ description: OURS });
  await keep(['acme.test']);
  const [right] = (await routes()) as [Listed];
  await put({ description: OURS, priority: 4 });
  const { id } = await put(right);
  await clientOf(sandbox).routes.update(right.id, { expression: 'catch_all()' } as never);
  expect(await keep(['acme.test'])).toEqual({ ...none, repaired: ['acme.test'] });
  expect(await routes()).toEqual([{ ...right, id }]);
});

test.each(['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const)(
  'cut off while it makes routes (%s): again, and each is there once',
  async (answer) => {
    sandbox.faults.set({ domains: { answer, method: 'POST', path: '/v3/routes', times: 1 } });
    const domains = ['acme.test', 'beta.test', 'gamma.test'];
    expect(await faultOf(keep(domains, PUBLIC_URL, patience(answer)))).toHaveProperty('away');
    expect(await keep(domains)).toEqual({ ...none, created: ['beta.test', 'gamma.test'] });
    expect(await descriptions()).toEqual(domains.map((domain) => `Postroom at desk.example.test: ${domain}`));
  },
);

test('one that Mailgun refuses does not delay the others', async () => {
  sandbox.faults.set({ domains: { answer: 400, message: 'no more routes', method: 'POST', times: 1 } });
  expect(await faultOf(keep(['acme.test', 'beta.test']))).toEqual({
    refused: 'Http400',
    reason: 'Mailgun refused: no more routes',
  });
  expect(await descriptions()).toEqual(['Postroom at desk.example.test: beta.test']);
});

describe('with many routes', () => {
  test('all pages are read, also shorter ones than were asked for, and one that is shown twice is one', async () => {
    const api = await startFakeApi();
    try {
      await keep(['acme.test']);
      const [ours] = (await routes()) as [Listed];
      const other = (n: number) => ({ ...ours, id: `r${n}`, description: 'theirs' });
      const others = Array.from({ length: 230 }, (_, n) => other(n));
      // The last of the first page, and then the first of the second.
      const all = [...others.slice(0, 99), ours, ...others.slice(99)];
      api.answer = (response, asked) => {
        const { searchParams } = new URL(asked.url, api.url);
        const skip = Number(searchParams.get('skip'));
        // As though a route had been put before the others meanwhile.
        const items = all.slice(skip === 0 ? 0 : skip - 1).slice(0, 100);
        return json(200, { total_count: skip === 0 ? 231 : 232, items })(response, asked);
      };
      expect(await setUpAt(api.url).keepRoutes(['acme.test'], PUBLIC_URL)).toEqual(none);
      expect(api.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
        'GET /v3/routes?limit=1000&skip=0',
        'GET /v3/routes?limit=1000&skip=100',
        'GET /v3/routes?limit=1000&skip=200',
      ]);
    } finally {
      await api.close();
    }
  });

  test('routes deleted since they were listed are created again, or stay deleted', async () => {
    const api = await startFakeApi();
    try {
      const listed = (id: string, domain: string) => ({
        id,
        priority: 9,
        expression: 'catch_all()',
        actions: ['stop()'],
        description: `Postroom at desk.example.test: ${domain}`,
      });
      api.answer = (response, asked) => {
        if (asked.method === 'GET')
          return json(200, { total_count: 2, items: [listed('a', 'acme.test'), listed('b', 'old.test')] })(
            response,
            asked,
          );
        if (asked.method === 'POST') return json(200, { route: { id: 'c' } })(response, asked);
        return json(404, { message: 'Route not found' })(response, asked);
      };
      expect(await setUpAt(api.url).keepRoutes(['acme.test'], PUBLIC_URL)).toEqual({
        ...none,
        repaired: ['acme.test'],
        removed: ['old.test'],
      });
      expect(api.asked.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
        'GET /v3/routes',
        'PUT /v3/routes/a',
        'POST /v3/routes',
        'DELETE /v3/routes/b',
      ]);
    } finally {
      await api.close();
    }
  });
});
