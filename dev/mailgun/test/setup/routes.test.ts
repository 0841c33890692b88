import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { clientOf, errorOf } from '../outbound/client.ts';
import { API_KEY, readPost, localMailgunFor, startReceiver, valuesOf } from '../receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let routes: ReturnType<typeof clientOf>['routes'];
beforeEach(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver);
  ({ routes } = clientOf(localMailgun));
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
});

const route = (expression: string, action: string[], priority = 1) =>
  routes.create({ expression, action, priority, description: 'of the tests' });
const mail = (to: string[], more: { subject?: string; headers?: [string, string][] } = {}) => ({
  from: 'ann@client.test',
  to,
  subject: 'Hello',
  text: 'Hi',
  ...more,
});
const stored = async (key: string) => {
  const authorization = `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}`;
  const answer = await fetch(`${localMailgun.url}/v3/domains/acme.test/messages/${key}`, {
    headers: { authorization },
  });
  return answer.json();
};
/** Path and recipient of each post. */
const posted = async () =>
  Promise.all(
    receiver.posts.map(async (post) => `${post.url} ${valuesOf(await readPost(post), 'recipient')[0]!}`),
  );

describe('the API', () => {
  test('create, get, list, match, update, delete', async () => {
    const made = await route(
      'match_recipient(".*@acme.test")',
      [`forward("${receiver.url}/in")`, 'stop()'],
      5,
    );
    expect(made).toMatchObject({
      priority: 5,
      description: 'of the tests',
      expression: 'match_recipient(".*@acme.test")',
      actions: [`forward("${receiver.url}/in")`, 'stop()'],
    });
    expect(new Date(made.created_at).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await routes.get(made.id)).toEqual(made);

    const catchAll = await routes.create({ expression: 'catch_all()', action: ['store()'], priority: 0 });
    expect(catchAll).toMatchObject({ priority: 0, description: '' });
    expect(await routes.list({})).toEqual([catchAll, made]);
    expect(await routes.list({ limit: 1, skip: 1 })).toEqual([made]);
    expect(await routes.matchAddress('someone@else.test')).toEqual(catchAll);

    const flat = await routes.update(catchAll.id, {
      expression: 'match_header("subject", "x")',
      action: ['stop()'],
    });
    expect(flat).toEqual({
      ...catchAll,
      expression: 'match_header("subject", "x")',
      actions: ['stop()'],
      message: 'Route has been updated',
    });
    expect(await routes.matchAddress('sales@acme.test')).toEqual(made);
    expect(await errorOf(routes.matchAddress('someone@else.test'))).toMatchObject({
      status: 404,
      details: 'Route not found',
    });

    expect(await routes.destroy(made.id)).toEqual({ id: made.id, message: 'Route has been deleted' });
    for (const gone of [
      () => routes.get(made.id),
      () => routes.destroy(made.id),
      () => routes.update(made.id, { expression: 'catch_all()', action: ['stop()'] }),
    ])
      expect(await errorOf(gone())).toMatchObject({ status: 404, details: 'Route not found' });
  });

  test.each([
    ['', ['stop()'], 'expression'],
    ['catch_all()', [], 'action'],
    ['catch_everything()', ['stop()'], 'expression'],
    ['catch_all() or catch_all()', ['stop()'], 'expression'],
    ['match_header("subject")', ['stop()'], 'expression'],
    ['catch_all()', ['bounce()'], 'action'],
    ['catch_all()', ['forward()'], 'action'],
    ['catch_all()', ['store(to="http://x.test")'], 'action'],
  ])('refused: %s %j', async (expression, action, field) => {
    expect(await errorOf(route(expression, action))).toMatchObject({
      status: 400,
      details: expect.stringContaining(field) as string,
    });
    expect(await routes.list({})).toEqual([]);
  });

  test('a pattern that cannot be compiled is accepted, and matches nothing', async () => {
    await route('match_recipient("(")', [`forward("${receiver.url}/x")`]);
    await localMailgun.receive(mail(['a@acme.test']));
    expect(await posted()).toEqual(['/webhooks/mailgun/inbound a@acme.test']);
  });

  test('routes survive a restart', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
    const first = await localMailgunFor(receiver, { dataDir });
    const made = await clientOf(first).routes.create({ expression: 'catch_all()', action: ['stop()'] });
    await first.close();
    const second = await localMailgunFor(receiver, { dataDir });
    expect(await clientOf(second).routes.list({})).toEqual([made]);
    await second.close();
    await rm(dataDir, { recursive: true });
  });
});

describe('where they send a mail', () => {
  test('forward, raw forward and notification, each in its form', async () => {
    const [forward, mime, notify] = ['/parsed', '/raw/mime', '/stored'].map((at) => receiver.url + at);
    await route('match_recipient("^support@acme.test$")', [
      `forward("${forward}, ${mime}")`,
      `store(notify="${notify}")`,
    ]);
    const { deliveries, key } = await localMailgun.receive({
      ...mail(['Support@acme.test', 'other@acme.test']),
      attachments: [{ filename: 'a.txt', content: Buffer.from('abc') }],
    });
    expect(deliveries.map(({ recipient, outcome, tries }) => [recipient, outcome, tries[0]!.form])).toEqual([
      ['Support@acme.test', 'accepted', 'forward'],
      ['Support@acme.test', 'accepted', 'mime'],
      ['Support@acme.test', 'accepted', 'store'],
      ['other@acme.test', 'accepted', 'forward'],
    ]);
    const byUrl = Object.fromEntries(
      await Promise.all(receiver.posts.map(async (post) => [post.url, await readPost(post)] as const)),
    );
    expect(Object.keys(byUrl).toSorted()).toEqual([
      '/parsed',
      '/raw/mime',
      '/stored',
      '/webhooks/mailgun/inbound',
    ]);
    expect(byUrl['/parsed']!.files).toHaveLength(1);
    expect(valuesOf(byUrl['/raw/mime']!, 'body-mime')[0]).toContain('Subject: Hello');
    const link = valuesOf(byUrl['/stored']!, 'message-url')[0]!;
    expect(link).toBe(`${localMailgun.url}/v3/domains/acme.test/messages/${key}`);
    expect(await stored(key)).toMatchObject({
      recipients: 'Support@acme.test,other@acme.test',
    });
  });

  test('by priority, until one stops; catch_all gets what no earlier route matched', async () => {
    await route('catch_all()', [`forward("${receiver.url}/rest")`], 30);
    await route('match_recipient("@acme.test")', [`forward("${receiver.url}/second")`], 20);
    await route('match_recipient("@acme.test")', [`forward("${receiver.url}/first")`], 10);
    await route('match_recipient("stop@")', [`forward("${receiver.url}/stopped")`, 'stop()'], 15);
    await localMailgun.receive(mail(['a@acme.test']));
    await localMailgun.receive(mail(['stop@acme.test']));
    await localMailgun.receive(mail(['a@else.test']));
    expect((await posted()).toSorted()).toEqual([
      '/first a@acme.test',
      '/first stop@acme.test',
      '/rest a@else.test',
      '/second a@acme.test',
      '/stopped stop@acme.test',
    ]);
  });

  test('by header, joined by and, with the captures of the pattern', async () => {
    await route(
      String.raw`match_recipient("^(?P<who>\w+)\+(.*)@acme.test$") and match_header('X-Kind', 'bill')`,
      [`forward("${receiver.url}/of/\\g<who>/\\2")`],
    );
    const to = ['ann+7@acme.test'];
    await localMailgun.receive(mail(to, { headers: [['x-kind', 'a bill']] }));
    await localMailgun.receive(mail(to, { headers: [['X-Kind', 'note']] }));
    expect(await posted()).toEqual([
      '/of/ann/7 ann+7@acme.test',
      '/webhooks/mailgun/inbound ann+7@acme.test',
    ]);
  });

  test('only stored, only stopped, only forwarded to an address: nothing is posted', async () => {
    await route('match_recipient("store@")', ['store()']);
    await route('match_recipient("stop@")', ['stop()']);
    await route('match_recipient("address@")', ['forward("ann@client.test")']);
    const { key, deliveries } = await localMailgun.receive(mail(['store@acme.test']));
    expect(deliveries).toEqual([]);
    expect(await stored(key)).toMatchObject({
      subject: 'Hello',
    });
    await localMailgun.receive(mail(['stop@acme.test', 'address@acme.test']));
    expect(receiver.posts).toEqual([]);
  });

  test('a comma list, with a given form or with two recipients of one route', async () => {
    await route('match_recipient("@acme.test")', [
      `forward("${receiver.url}/in")`,
      `forward("${receiver.url}/mime")`,
    ]);
    const to = ['a@acme.test', 'b@acme.test', 'c@else.test'];
    await localMailgun.receive(mail(to), { commaList: true });
    await localMailgun.receive(mail(to), { commaList: true, form: 'store' });
    expect((await posted()).toSorted()).toEqual([
      '/in a@acme.test,b@acme.test',
      '/mime a@acme.test,b@acme.test',
      '/webhooks/mailgun/inbound a@acme.test,b@acme.test,c@else.test',
      '/webhooks/mailgun/inbound c@else.test',
    ]);
  });
});
