import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { lastingPort } from './ports.ts';
import { until } from './until.ts';
import { readPost, localMailgunFor, startReceiver, valuesOf } from './receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await receiver.close();
});
const start = async (options: Parameters<typeof localMailgunFor>[1]) => {
  const localMailgun = await localMailgunFor(receiver, options);
  open.push(localMailgun);
  return localMailgun;
};

const mail = {
  from: 'ann@client.test',
  to: ['support@postroom.test'],
  subject: 'x',
  text: 'y',
  attachments: [{ filename: 'a.bin', content: Buffer.alloc(100_000, 7) }],
};
/** A minute of the schedule takes 1 ms. */
const FAST = 60_000;

test('200 stops', async () => {
  const localMailgun = await start({ retrySpeed: FAST });
  const { deliveries } = await localMailgun.receive(mail, { wait: 'settled' });
  expect(deliveries).toMatchObject([{ outcome: 'accepted', tries: [{ try: 1, status: 200, error: null }] }]);
});

test('406 stops', async () => {
  const localMailgun = await start({ retrySpeed: FAST });
  receiver.answer = () => 406;
  const { deliveries } = await localMailgun.receive(mail, { wait: 'settled' });
  expect(deliveries).toMatchObject([{ outcome: 'rejected', tries: [{ status: 406 }] }]);
});

test('anything else, and no answer, is tried again, seven times in all', async () => {
  const localMailgun = await start({ retrySpeed: FAST });
  const answers = [503, 401, 204, 302, 'drop', 500, 404] as const;
  receiver.answer = () => answers[receiver.posts.length - 1]!;
  const { deliveries } = await localMailgun.receive(mail, { wait: 'settled' });
  expect(deliveries[0]!.outcome).toBe('lost');
  expect(deliveries[0]!.tries.map((one) => one.status ?? one.error)).toEqual([
    ...[503, 401, 204, 302, 'ECONNRESET', 500, 404],
  ]);
  expect(receiver.posts).toHaveLength(7);
  expect(localMailgun.posts.map((one) => one.try)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test.each(['forward', 'store', 'mime'] as const)(
  'a retry is the same post, signature and all (%s)',
  async (form) => {
    const localMailgun = await start({ retrySpeed: FAST });
    receiver.answer = () => (receiver.posts.length < 3 ? 503 : 200);
    const { deliveries } = await localMailgun.receive(mail, { form, wait: 'settled' });
    expect(deliveries[0]!.tries.map((one) => one.status)).toEqual([503, 503, 200]);
    const [first, second, third] = receiver.posts.map((post) => post.raw);
    expect(first!.equals(second!) && first!.equals(third!)).toBe(true);
    expect(valuesOf(await readPost(receiver.posts[2]!), 'token')).toEqual([localMailgun.posts[0]!.token]);
  },
);

test('Mailgun’s schedule: 10, 15, 30 minutes, 1, 2, 4 hours, in proportion', async () => {
  const localMailgun = await start({ retrySpeed: 6_000 });
  receiver.answer = () => 503;
  const { deliveries } = await localMailgun.receive(mail, { wait: 'settled' });
  const ends = deliveries[0]!.tries.map((one) => Date.parse(one.at) + one.durationMs);
  const waits = deliveries[0]!.tries.slice(1).map((one, i) => Date.parse(one.at) - ends[i]!);
  for (const [i, minutes] of [10, 15, 30, 60, 120, 240].entries()) {
    expect(waits[i]).toBeGreaterThanOrEqual(minutes * 10 - 3);
    // Or later, when the machine is busy.
    expect(waits[i]).toBeLessThan(minutes * 10 + 20_000);
  }
});

test('a listener that never answers does not block', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  open.push({ close: async () => void silent.close() });
  const webhookUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const localMailgun = await start({ webhookUrl, answerWithinMs: 100 });
  const { deliveries } = await localMailgun.receive(mail);
  expect(deliveries).toMatchObject([{ outcome: 'retrying', tries: [{ status: null, error: 'no answer' }] }]);
});

test('without a listener: kept, and posted once there is one', async () => {
  const port = await lastingPort();
  // Seven tries, the last after half a minute.
  const localMailgun = await start({ retrySpeed: 1_000, webhookUrl: `http://127.0.0.1:${port}` });
  const { deliveries } = await localMailgun.receive(mail);
  expect(deliveries).toMatchObject([{ outcome: 'retrying', tries: [{ error: 'ECONNREFUSED' }] }]);
  const late = await startReceiver(port);
  open.push(late);
  const [post] = await until('a post', () => late.posts.length > 0 && late.posts);
  expect((await readPost(post!)).files[0]!.bytes.equals(Buffer.alloc(100_000, 7))).toBe(true);
});

test('close ends all further tries', async () => {
  const localMailgun = await start({});
  receiver.answer = () => 503;
  const settled = localMailgun.receive(mail, { wait: 'settled' });
  await until('a try', () => localMailgun.posts.length > 0);
  await localMailgun.close();
  expect((await settled).deliveries[0]!.outcome).toBe('retrying');
});
