import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SentMails } from '../../outbound/sentMails.ts';
import { lastingPort } from '../ports.ts';
import { until } from '../until.ts';
import { localMailgunFor, startReceiver } from '../receiver.ts';
import { clientOf, DOMAIN, mimeOf, mimeSend } from './client.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let dataDir: string;
beforeEach(async () => {
  receiver = await startReceiver();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
});
afterEach(async () => {
  await receiver.close();
  await rm(dataDir, { recursive: true });
});

const send = (localMailgun: { url: string }, to: string, messageId: string) =>
  clientOf(localMailgun).messages.create(DOMAIN, mimeSend(to, mimeOf({ messageId })));
const logs = async (localMailgun: { url: string }) =>
  (await clientOf(localMailgun).logs.list({ start: new Date(0), end: new Date(Date.now() + 3_600_000) }))
    .items;

test('outbox, raw mails, events and suppressions survive a restart', async () => {
  const first = await localMailgunFor(receiver, { dataDir, port: await lastingPort() });
  await send(first, 'dana@client.test', '<one@postroom.test>');
  await send(first, 'bounce@client.test', '<two@postroom.test>');
  await send(first, 'eve@client.test', '<three@postroom.test>');
  const before = { outbox: first.outbox, events: (await logs(first)).map(({ id }) => id) };
  expect([before.outbox.length, before.events.length]).toEqual([2, 6]);
  await first.close();

  const second = await localMailgunFor(receiver, { dataDir, port: first.port });
  expect(second.outbox).toEqual(before.outbox);
  expect((await logs(second)).map(({ id }) => id)).toEqual(before.events);
  expect(await readFile(second.outbox[0]!.emlFile, 'utf8')).toContain('<three@postroom.test>');
  expect((await clientOf(second).suppressions.list(DOMAIN, 'bounces')).items).toHaveLength(1);
  await send(second, 'dana@client.test', '<four@postroom.test>');
  await second.close();

  const third = await localMailgunFor(receiver, { dataDir });
  expect(third.outbox.map((mail) => mail.messageId)).toEqual([
    '<four@postroom.test>',
    '<three@postroom.test>',
    '<one@postroom.test>',
  ]);
  await third.close();
});

test('a slow delivery continues after a restart', async () => {
  const first = await localMailgunFor(receiver, { dataDir, stepMs: 500 });
  await send(first, 'slow@client.test', '<slow@postroom.test>');
  await first.close();
  const second = await localMailgunFor(receiver, { dataDir });
  await until('it to be delivered', () => second.outbox.length > 0);
  expect((await logs(second)).map(({ event }) => event)).toEqual([
    'delivered',
    'failed',
    'failed',
    'accepted',
  ]);
  await second.close();
});

test('what a kill left incomplete is removed', async () => {
  const first = await localMailgunFor(receiver, { dataDir });
  await send(first, 'dana@client.test', '<one@postroom.test>');
  await first.close();
  await appendFile(path.join(dataDir, 'sent', 'journal.ndjson'), '{"key":"BAABhalf","at":1,"do');
  await writeFile(path.join(dataDir, 'sent', 'BAABhalf.eml'), 'x');
  await writeFile(path.join(dataDir, 'sent', 'BAABhalf.eml.part-0'), 'x');

  const second = await localMailgunFor(receiver, { dataDir });
  expect(second.outbox).toHaveLength(1);
  expect(await readdir(path.join(dataDir, 'sent'))).toHaveLength(2);
  await send(second, 'dana@client.test', '<two@postroom.test>');
  await second.close();
  const third = await localMailgunFor(receiver, { dataDir });
  expect(third.outbox).toHaveLength(2);
  await third.close();
});

test('the newest 10,000 are kept', async () => {
  const mails = await SentMails.open(dataDir);
  const mail = (n: number) => ({
    key: `k${n}`,
    at: n,
    domain: DOMAIN,
    messageId: `<${n}@x>`,
    from: '',
    to: '',
    subject: '',
    sender: '',
    recipients: ['a@x'],
    size: 1,
    tags: [],
    variables: {},
    isTest: false,
    events: [{ id: `e${n}`, kind: 'delivered' as const, at: n, recipient: 'a@x' }],
  });
  const emls = async () => (await readdir(dataDir)).filter((name) => name.endsWith('.eml'));
  await writeFile(mails.emlFile('k0'), 'x');
  await writeFile(mails.emlFile('k5'), 'x');
  for (let n = 0; n < 10_003; n += 1) mails.add(mail(n));
  expect([mails.all.length, mails.all[0]!.key]).toEqual([10_000, 'k3']);
  expect([mails.find('k0'), mails.event('e0'), mails.withMessageId('<0@x>').length]).toEqual([
    undefined,
    undefined,
    0,
  ]);
  expect(mails.withMessageId('<3@x>')).toEqual([mail(3)]);
  await until('the oldest to be gone', async () => (await emls()).length === 1);
  expect(await emls()).toEqual(['k5.eml']);
  for (let n = 10_003; n < 20_003; n += 1) mails.add(mail(n));
  mails.close();
  const journal = await readFile(path.join(dataDir, 'journal.ndjson'), 'utf8');
  expect(journal.trim().split('\n').length).toBeLessThan(15_000);
  const again = await SentMails.open(dataDir);
  expect([again.all.length, again.all.at(-1)]).toEqual([10_000, mail(20_002)]);
  again.close();
});
