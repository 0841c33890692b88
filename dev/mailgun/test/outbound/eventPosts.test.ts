import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '../until.ts';
import type { LocalMailgun } from '../../index.ts';
import { localMailgunFor, SIGNING_KEY, startReceiver } from '../receiver.ts';
import { clientOf, DOMAIN, mimeOf, mimeSend } from './client.ts';

interface Posted {
  signature: { timestamp: string; token: string; signature: string };
  'event-data': { event: string; id: string; recipient: string; timestamp: number };
}

let receiver: Awaited<ReturnType<typeof startReceiver>>;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await receiver.close();
});

/** A minute of the schedule takes 1 ms; no time between the steps of a delivery. */
async function start(options: Parameters<typeof localMailgunFor>[1] = {}) {
  const localMailgun = await localMailgunFor(receiver, { retrySpeed: 60_000, stepMs: 0, ...options });
  open.push(localMailgun);
  const client = clientOf(localMailgun);
  return {
    localMailgun,
    send: (to: string | string[]) => client.messages.create(DOMAIN, mimeSend(to, mimeOf())),
  };
}
/** Posts another mail; afterwards, all earlier posts have been made. */
const postMade = (localMailgun: LocalMailgun) =>
  localMailgun.receive({ from: 'a@client.test', to: ['support@postroom.test'], text: 'x' });
const events = () => receiver.posts.filter((post) => post.url.endsWith('/events'));
const posted = () => events().map((post) => JSON.parse(post.raw.toString()) as Posted);
const kinds = () => posted().map((one) => one['event-data'].event);

test('each event is posted, signed', async () => {
  const { localMailgun, send } = await start();
  await send(['dana@client.test', 'bounce@client.test']);
  await until('four posts', () => receiver.posts.length >= 4);
  expect(kinds().toSorted()).toEqual(['accepted', 'accepted', 'delivered', 'failed']);
  for (const [index, post] of receiver.posts.entries()) {
    expect(post.url).toBe('/webhooks/mailgun/events');
    expect(post.headers['content-type']).toBe('application/json');
    const { timestamp, token, signature } = posted()[index]!.signature;
    expect([timestamp, token]).toEqual([
      expect.stringMatching(/^\d{10}$/),
      expect.stringMatching(/^[0-9a-f]{50}$/),
    ]);
    expect(
      createHmac('sha256', SIGNING_KEY)
        .update(timestamp + token)
        .digest('hex'),
    ).toBe(signature);
  }
  expect(new Set(posted().map((one) => one.signature.token)).size).toBe(4);
  await until('the log', () => localMailgun.eventPosts.length === 4);
  expect(localMailgun.eventPosts.find((one) => one.event === 'failed')).toMatchObject({
    recipient: 'bounce@client.test',
    messageId: localMailgun.sends[0]!.messageId,
    try: 1,
    status: 200,
    error: null,
  });
});

test('not answered with 200 or 406: tried seven times, with the same body; `delivered` once', async () => {
  const { localMailgun, send } = await start();
  receiver.answer = () => 503;
  await send('dana@client.test');
  await until('all tries', () => localMailgun.eventPosts.length === 8);
  const tries = (event: string) =>
    localMailgun.eventPosts.filter((one) => one.event === event).map((one) => one.try);
  expect([tries('accepted'), tries('delivered')]).toEqual([[1, 2, 3, 4, 5, 6, 7], [1]]);
  const accepted = receiver.posts.filter((post) => post.raw.includes('"event":"accepted"'));
  expect(accepted.every((post) => post.raw.equals(accepted[0]!.raw))).toBe(true);
});

test('200 and 406 stop', async () => {
  const { localMailgun, send } = await start();
  const answers: Record<string, number[]> = { 'ok@client.test': [503, 200], 'no@client.test': [406] };
  receiver.answer = (post) => {
    const { recipient, event } = (JSON.parse(post.raw.toString()) as Posted)['event-data'];
    if (event === 'delivered') return 200;
    return answers[recipient]?.shift() ?? 503;
  };
  await send(['ok@client.test', 'no@client.test', 'other@client.test']);
  const tries = (recipient: string) =>
    localMailgun.eventPosts.filter((one) => one.recipient === recipient && one.event === 'accepted');
  // In this time any other post would have been tried as often.
  await until('the last try of the third', () => tries('other@client.test').length === 7);
  await until('the second try of the first', () => tries('ok@client.test').length >= 2);
  expect(tries('ok@client.test').map((one) => one.status)).toEqual([503, 200]);
  expect(tries('no@client.test').map((one) => one.status)).toEqual([406]);
});

test('Mailgun’s schedule: 5, 10, 15 minutes, 1, 2, 4 hours, in proportion', async () => {
  const { localMailgun, send } = await start({ retrySpeed: 6_000 });
  receiver.answer = () => 503;
  await send('bounce@client.test');
  await until('all tries', () => localMailgun.eventPosts.length === 14);
  const tries = localMailgun.eventPosts.filter((one) => one.event === 'failed');
  const ends = tries.map((one) => Date.parse(one.at) + one.durationMs);
  for (const [i, minutes] of [5, 10, 15, 60, 120, 240].entries())
    expect(Date.parse(tries[i + 1]!.at) - ends[i]!).toBeGreaterThanOrEqual(minutes * 10 - 3);
});

test('late, and at once when the delay is removed', async () => {
  const { localMailgun, send } = await start({ eventsDelayMs: 3_600_000 });
  await send('dana@client.test');
  await postMade(localMailgun);
  expect(events()).toEqual([]);
  localMailgun.set({ eventsDelayMs: 0 });
  await until('the posts', () => events().length === 2);
});

describe('faults', () => {
  test('doubled: the same event twice', async () => {
    const { localMailgun, send } = await start();
    localMailgun.faults.set({ event_posts: { double: true, only: ['delivered'] } });
    await send('dana@client.test');
    await until('three posts', () => receiver.posts.length === 3);
    expect(kinds().toSorted()).toEqual(['accepted', 'delivered', 'delivered']);
  });

  test('dropped: never posted', async () => {
    const { localMailgun, send } = await start();
    localMailgun.faults.set({ event_posts: { drop: true, only: ['delivered'], times: 1 } });
    await send('one@client.test');
    await send('two@client.test');
    await until('three posts', () => receiver.posts.length === 3);
    await postMade(localMailgun);
    expect(
      posted()
        .map((one) => `${one['event-data'].recipient} ${one['event-data'].event}`)
        .toSorted(),
    ).toEqual(['one@client.test accepted', 'two@client.test accepted', 'two@client.test delivered']);
  });

  test('reordered: they wait, then are sent in reverse order', async () => {
    const { localMailgun, send } = await start();
    localMailgun.faults.set({ event_posts: { reorder: 4 } });
    await send('slow@client.test');
    await until('four posts', () => receiver.posts.length === 4);
    const times = posted().map((one) => one['event-data'].timestamp);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect([kinds()[0], kinds()[3]]).toEqual(['delivered', 'accepted']);
  });
});

test('after a restart, events that were not due are posted, and no others', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
  const first = await localMailgunFor(receiver, { dataDir, eventsDelayMs: 3_600_000 });
  await clientOf(first).messages.create(DOMAIN, mimeSend('dana@client.test', mimeOf()));
  await first.close();
  const { localMailgun } = await start({ dataDir, eventsDelayMs: 3_600_000 });
  localMailgun.set({ eventsDelayMs: 0 });
  await until('the posts', () => localMailgun.eventPosts.length === 2);
  await localMailgun.close();
  await postMade((await start({ dataDir })).localMailgun);
  expect(events()).toHaveLength(2);
  await rm(dataDir, { recursive: true });
});
