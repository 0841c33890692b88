import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '../until.ts';
import { clientOf, DOMAIN, mimeOf, mimeSend } from '../outbound/client.ts';
import { fixture, rawField, readPost, localMailgunFor, startReceiver, valuesOf } from '../receiver.ts';

const FROM = 'support@acme.test';
const TO = 'fwd-1@in.postroom.test';
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let dataDir: string;
beforeEach(async () => {
  receiver = await startReceiver();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
  localMailgun = await localMailgunFor(receiver, { dataDir });
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
  await rm(dataDir, { recursive: true });
});

const mail = (...to: string[]) => ({
  from: 'Ann <ann@client.test>',
  to,
  subject: 'Hello',
  text: 'Hi',
  messageId: '<1@client.test>',
});
const inbound = async () =>
  Promise.all(receiver.posts.filter(({ url }) => url.includes('/inbound')).map(readPost));
const recipients = async () => (await inbound()).map((read) => valuesOf(read, 'recipient')[0]).toSorted();

test.each([
  [
    'gmail',
    'support+caf_=fwd-1=in.postroom.test@acme.test',
    { 'X-Forwarded-To': TO, 'X-Forwarded-For': `${FROM} ${TO}`, 'Delivered-To': FROM },
  ],
  ['outlook', FROM, { 'Resent-From': `<${FROM}>`, 'X-Ms-Exchange-Inbox-Rules-Loop': FROM }],
  ['plain', 'ann@client.test', { 'X-Original-To': FROM, 'Delivered-To': FROM }],
] as const)('%s: its headers, its sender, and all else as it came', async (style, sender, headers) => {
  await localMailgun.forwards.set({ from: FROM, to: TO, style });
  await localMailgun.receive(mail('Support <support@acme.test>'));
  const [read, ...more] = await inbound();
  expect(more).toEqual([]);
  const fields = Object.fromEntries(read!.fields);
  expect(fields).toMatchObject({
    recipient: TO,
    sender,
    From: 'Ann <ann@client.test>',
    To: 'Support <support@acme.test>',
    ...headers,
    'Message-Id': '<1@client.test>',
    'body-plain': expect.stringContaining('Hi') as string,
  });
});

test('every byte below the host’s headers is unchanged', async () => {
  await localMailgun.forwards.set({ from: FROM, to: TO });
  const eml = fixture('iso-2022-jp');
  await localMailgun.receive({ eml }, { recipients: [FROM], form: 'mime' });
  const raw = rawField(receiver.posts[0]!, 'body-mime');
  expect(raw.subarray(raw.length - eml.length).equals(eml)).toBe(true);
});

test('mail that is sent to the mailbox is received again', async () => {
  await localMailgun.forwards.set({ from: FROM, to: TO });
  const message = mimeOf({ to: FROM, messageId: '<code@postroom.test>', text: 'Your code: 123456' });
  await clientOf(localMailgun).messages.create(DOMAIN, mimeSend([FROM, 'dana@client.test'], message));
  const [read] = await until('the mail to come in', async () => {
    const reads = await inbound();
    return reads.length > 0 && reads;
  });
  expect(Object.fromEntries(read!.fields)).toMatchObject({
    recipient: TO,
    'Message-Id': '<code@postroom.test>',
    To: FROM,
    'X-Forwarded-To': TO,
    'body-plain': expect.stringContaining('123456') as string,
  });
  expect(localMailgun.outbox.map(({ recipient }) => recipient).toSorted()).toEqual([
    'dana@client.test',
    FROM,
  ]);
  const delivered = await readFile(localMailgun.outbox[0]!.emlFile);
  expect(valuesOf(read!, 'X-Mailgun-Sid')).toEqual([/X-Mailgun-Sid: (\S+)/.exec(delivered.toString())![1]]);
});

test('mail that is delivered late is forwarded late; mail that bounces is not', async () => {
  localMailgun.set({ stepMs: 20 });
  for (const local of ['slow', 'bounce'])
    await localMailgun.forwards.set({ from: `${local}@acme.test`, to: TO });
  const send = (to: string) => clientOf(localMailgun).messages.create(DOMAIN, mimeSend(to, mimeOf({ to })));
  await send('bounce@acme.test');
  await send('slow@acme.test');
  await until('the slow one', async () => (await inbound()).length > 0);
  expect((await inbound()).map((read) => valuesOf(read, 'To')[0])).toEqual(['slow@acme.test']);
});

test('a delivery that was not due yet is made after a restart', async () => {
  localMailgun.set({ stepMs: 400 });
  await localMailgun.forwards.set({ from: 'slow@acme.test', to: TO });
  await clientOf(localMailgun).messages.create(DOMAIN, mimeSend('slow@acme.test', mimeOf()));
  await localMailgun.close();
  localMailgun = await localMailgunFor(receiver, { dataDir });
  expect(localMailgun.forwards.all).toEqual([{ from: 'slow@acme.test', to: TO, style: 'gmail' }]);
  await until('the slow one', async () => (await inbound()).length > 0);
  expect(await recipients()).toEqual([TO]);
});

test('only recipients with a forward are replaced; an address with a tag is in the same mailbox', async () => {
  await localMailgun.forwards.set({ from: FROM, to: TO });
  const { deliveries, messageId, key } = await localMailgun.receive(
    mail('support+news@acme.test', 'other@acme.test'),
  );
  expect(messageId).toBe('<1@client.test>');
  expect(deliveries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
    ['other@acme.test', 'accepted'],
    [TO, 'accepted'],
  ]);
  expect(deliveries[0]!.tries[0]!.mail).toBe(key);
  const [own, forwarded] = (await inbound()).toSorted((a) =>
    valuesOf(a, 'X-Forwarded-To').length > 0 ? 1 : -1,
  );
  expect(valuesOf(own!, 'X-Forwarded-To')).toEqual([]);
  expect(valuesOf(forwarded!, 'Delivered-To')).toEqual(['support+news@acme.test']);
  expect((await readdir(path.join(dataDir, 'mails'))).filter((name) => name.startsWith('forwarded'))).toEqual(
    [],
  );
});

test('from host to host, each adds its headers on top; a loop ends, and the mail arrives nowhere', async () => {
  await localMailgun.forwards.set({ from: 'old@acme.test', to: FROM, style: 'plain' });
  await localMailgun.forwards.set({ from: FROM, to: TO, style: 'gmail' });
  await localMailgun.receive(mail('old@acme.test'));
  const [read] = await inbound();
  expect(valuesOf(read!, 'recipient')).toEqual([TO]);
  expect(valuesOf(read!, 'Delivered-To')).toEqual([FROM, 'old@acme.test']);

  await localMailgun.forwards.set({ from: TO, to: 'old@acme.test' });
  expect(await localMailgun.receive(mail('old@acme.test'))).toMatchObject({
    messageId: '<1@client.test>',
    deliveries: [],
  });
  const send = (to: string) => clientOf(localMailgun).messages.create(DOMAIN, mimeSend(to, mimeOf({ to })));
  await send(FROM);
  await localMailgun.forwards.set({ from: 'straight@acme.test', to: 'support@postroom.test' });
  await send('straight@acme.test');
  await until('the mail after it', async () => (await inbound()).length > 1);
  expect(await recipients()).toEqual([TO, 'support@postroom.test']);
});

test('over HTTP', async () => {
  const call = async (method: string, query = '', body?: unknown) => {
    const response = await fetch(`${localMailgun.url}/sandbox/forwards${query}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return [response.status, text && (JSON.parse(text) as unknown)];
  };
  const forward = { from: FROM, to: TO, style: 'gmail' };
  expect(await call('PUT', '', { from: 'Support@acme.test', to: TO })).toEqual([200, forward]);
  expect(await call('PUT', '', { from: FROM, to: TO, style: 'pigeon' })).toMatchObject([422, {}]);
  expect(await call('PUT', '', { from: 'Ann <a@b.test>', to: TO })).toMatchObject([422, {}]);
  expect(await call('GET')).toEqual([200, { data: [forward] }]);
  expect(await call('DELETE', '?from=support%40acme.test')).toEqual([204, '']);
  expect(await call('DELETE', '?from=support%40acme.test')).toMatchObject([404, {}]);
  await localMailgun.receive(mail(FROM));
  expect(await recipients()).toEqual([FROM]);
});
