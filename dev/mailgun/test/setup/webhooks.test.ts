import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '../until.ts';
import { clientOf, errorOf } from '../outbound/client.ts';
import { API_KEY, localMailgunFor, startReceiver } from '../receiver.ts';
import { publish, Zone } from './zone.ts';

const NAME = 'mg.acme.test';
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let client: ReturnType<typeof clientOf>;
let dataDir: string;
const start = async () => {
  const zone = new Zone();
  localMailgun = await localMailgunFor(receiver, { resolve: zone.resolve, dataDir, stepMs: 5 });
  client = clientOf(localMailgun);
  return zone;
};
beforeEach(async () => {
  receiver = await startReceiver();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
  const zone = await start();
  publish(zone, await client.domains.create({ name: NAME }));
  await client.domains.verify(NAME);
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
  await rm(dataDir, { recursive: true });
});

/** The types of webhooks are an enum that mailgun.js does not export. */
const id = (type: string) => type as unknown as Parameters<typeof client.webhooks.get>[1];
const v4 = async (method: string, fields: [string, string][], inQuery = false) => {
  const query = new URLSearchParams(fields);
  const response = await fetch(
    `${localMailgun.url}/v4/domains/${NAME}/webhooks${inQuery ? `?${query.toString()}` : ''}`,
    {
      method,
      headers: { authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` },
      ...(inQuery ? {} : { body: query }),
    },
  );
  return (await response.json()) as Record<string, unknown>;
};

test('create, get, list, update, delete', async () => {
  const { webhooks } = client;
  const made = await webhooks.create(NAME, 'delivered', 'http://a.test/one', false);
  expect(made).toMatchObject({ id: 'delivered', urls: ['http://a.test/one'] });
  expect(await errorOf(webhooks.create(NAME, 'delivered', 'http://a.test/two', false))).toMatchObject({
    status: 400,
    details: expect.stringContaining('already exists') as string,
  });
  const both = await webhooks.update(NAME, id('delivered'), ['http://a.test/one', 'http://a.test/two']);
  expect(both).toMatchObject({ urls: ['http://a.test/one', 'http://a.test/two'] });
  expect(await webhooks.get(NAME, id('delivered'))).toMatchObject({
    urls: ['http://a.test/one', 'http://a.test/two'],
  });
  expect(await webhooks.list(NAME, {})).toEqual({
    delivered: { urls: ['http://a.test/one', 'http://a.test/two'] },
  });
  expect(await webhooks.destroy(NAME, id('delivered'))).toMatchObject({ url: 'http://a.test/one' });
  expect(await errorOf(webhooks.get(NAME, id('delivered')))).toMatchObject({ status: 404 });
  expect(await webhooks.list(NAME, {})).toEqual({});
});

test('refused: unknown types, malformed URLs, more than three, an unknown domain', async () => {
  const { webhooks } = client;
  // The value of UNSUBSCRIBED in mailgun.js is not a type of the API.
  expect(await errorOf(webhooks.create(NAME, 'unsubscribe', 'http://a.test', false))).toMatchObject({
    status: 400,
  });
  expect(await errorOf(webhooks.create(NAME, 'opened', 'a.test', false))).toMatchObject({
    status: 400,
    details: 'a.test is not a valid url',
  });
  await webhooks.create(NAME, 'opened', 'http://a.test/1', false);
  const four = [1, 2, 3, 4].map((n) => `http://a.test/${n}`);
  expect(await errorOf(webhooks.update(NAME, id('opened'), four))).toMatchObject({ status: 400 });
  expect(await errorOf(webhooks.list('no.test', {}))).toMatchObject({
    status: 404,
    details: 'Domain not found',
  });
});

test('v4: one URL for several types', async () => {
  const [a, b] = ['http://a.test/', 'http://b.test/'];
  const types = (...names: string[]) => names.map((name): [string, string] => ['event_types', name]);
  await v4('POST', [['url', a], ...types('delivered', 'permanent_fail')]);
  expect(await v4('POST', [['url', b], ...types('delivered')])).toEqual({
    webhooks: { delivered: { urls: [a, b] }, permanent_fail: { urls: [a] } },
  });
  expect(await v4('PUT', [['url', a], ...types('accepted')])).toEqual({
    webhooks: { accepted: { urls: [a] }, delivered: { urls: [b] } },
  });
  expect(await v4('POST', [['url', a]])).toEqual({ message: 'event_types is a required parameter' });
  expect(
    await v4(
      'DELETE',
      [
        ['url', a],
        ['url', b],
      ],
      true,
    ),
  ).toEqual({ webhooks: {} });
});

test('events go to the URLs of their type, on domains that have any', async () => {
  const send = (domain: string, to: string) =>
    client.messages.create(domain, { from: `a@${domain}`, to, subject: 'x', text: 'x' });
  const urls = () => receiver.posts.map(({ url }) => url).toSorted();
  const settled = (count: number) => until('events', () => receiver.posts.length >= count);
  await send(NAME, 'before@client.test');
  await settled(2);
  expect(urls()).toEqual(['/webhooks/mailgun/events', '/webhooks/mailgun/events']);

  await client.webhooks.create(NAME, 'delivered', `${receiver.url}/delivered`, false);
  await client.webhooks.update(NAME, id('delivered'), [`${receiver.url}/one`, `${receiver.url}/two`]);
  await client.webhooks.create(NAME, 'permanent_fail', `${receiver.url}/failed`, false);
  await client.webhooks.create(NAME, 'temporary_fail', `${receiver.url}/delayed`, false);
  await localMailgun.close();
  await start();
  receiver.posts.length = 0;
  await send(NAME, 'slow@client.test');
  await settled(4);
  await send(NAME, 'bounce@client.test');
  await settled(5);
  await send('elsewhere.test', 'eve@client.test');
  await settled(7);
  expect(urls()).toEqual([
    ...['/delayed', '/delayed', '/failed', '/one', '/two'],
    ...['/webhooks/mailgun/events', '/webhooks/mailgun/events'],
  ]);

  await client.domains.destroy(NAME);
  receiver.posts.length = 0;
  await send(NAME, 'after@client.test');
  await settled(2);
  expect(urls()).toEqual(['/webhooks/mailgun/events', '/webhooks/mailgun/events']);
});
