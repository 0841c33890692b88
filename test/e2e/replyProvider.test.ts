import type { SendFault } from '../../dev/mailgun/outbound/sendFaults.ts';
import { inState, mailIn, messageAt, outboxOf, reply, runOf } from '../support/outgoing.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** Short waits; those that decide whether a mail goes out again are long for a machine that is busy. */
const WAITS = { MAILGUN_TIMEOUT_MS: '4000', REPLY_RETRY_MS: '200', REPLY_SETTLE_MS: '6000' };
const WITHIN_MS = 150_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: WAITS });
});
afterEach(() => stack.sandbox.faults.clear());
afterAll(() => stack.close());

const callsOf = (messageId: string) => stack.sandbox.sends.filter((call) => call.messageId === messageId);
const retry = (path: string, id: string) => stack.request('POST', `${path}/messages/${id}/retry`);

/** A customer whose replies meet this fault, so that many can be tried concurrently. */
const addressOf = ({ answer, limit, as_date }: SendFault) =>
  `x-${answer}-${limit ?? (as_date ? 'date' : '')}@client.test`;

/** Answers a mail of each customer at once. @returns the replies, in the order of the faults */
async function replyToEach(faults: SendFault[]) {
  const threads = await Promise.all(faults.map((fault) => mailIn(stack, { from: addressOf(fault) })));
  stack.sandbox.faults.set({ sends: faults.map((fault) => ({ ...fault, recipient: addressOf(fault) })) });
  return Promise.all(threads.map(async ({ path }) => ({ path, sent: await reply(stack, path) })));
}

test('after a temporary fault it is tried again: each reply goes out, once', async () => {
  const faults: SendFault[] = [
    ...(['drop', 'hang', 'no_id', 'html', 'magnificent'] as const).map((answer) => ({ answer, times: 1 })),
    ...([401, 402, 403, 404, 500, 502, 503, 504] as const).map((answer) => ({ answer, times: 1 })),
    ...(['account-requests-per-sec', 'request', 'recipient', 'bytes'] as const).map((limit) => ({
      answer: 429 as const,
      limit,
      again_after_s: 1,
      times: 1,
    })),
    { answer: 429, again_after_s: 1, as_date: true, times: 1 },
  ];
  const replies = await replyToEach(faults);
  for (const [n, { path, sent }] of replies.entries()) {
    await inState(stack, path, sent.id, 'delivered', { withinMs: WITHIN_MS });
    const calls = callsOf(sent.message_id);
    expect([faults[n]?.answer, calls.map(({ accepted }) => accepted)]).toEqual([
      faults[n]?.answer,
      [false, true],
    ]);
    expect(await outboxOf(stack, sent.message_id)).toHaveLength(1);
  }
}, 240_000);

test('accepted, but the answer was lost: found in the events, and not sent again', async () => {
  const answers = ['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const;
  const replies = await replyToEach(answers.map((answer) => ({ answer })));
  for (const { path, sent } of replies) {
    await inState(stack, path, sent.id, 'delivered', { withinMs: WITHIN_MS });
    expect(await runOf(stack, sent.id)).toEqual({ action: 'delivered' });
    expect(callsOf(sent.message_id)).toMatchObject([{ accepted: true }]);
    expect(await outboxOf(stack, sent.message_id)).toHaveLength(1);
  }
}, 240_000);

test('refused permanently: failed at once, with the provider’s own words', async () => {
  const words = 'to parameter is not a valid address. please check documentation';
  const [bad, large] = await replyToEach([{ answer: 400, message: words }, { answer: 413 }]);
  const failed = await inState(stack, bad!.path, bad!.sent.id, 'failed');
  expect(failed.reason).toContain(words);
  expect((await inState(stack, large!.path, large!.sent.id, 'failed')).reason).toMatch(/size|large/i);
  for (const { sent } of [bad!, large!]) expect(callsOf(sent.message_id)).toHaveLength(1);
  // A person may retry it; nothing of it has gone out before.
  stack.sandbox.faults.clear();
  expect((await retry(bad!.path, bad!.sent.id)).status).toBe(202);
  await inState(stack, bad!.path, bad!.sent.id, 'delivered');
  expect(callsOf(bad!.sent.message_id).map(({ accepted }) => accepted)).toEqual([false, true]);
});

describe('events that cannot be read', () => {
  test.each([401, 403] as const)(
    '%d: unconfirmed, never sent again by itself; a person decides',
    async (answer) => {
      stack.sandbox.faults.set({ events: { answer }, event_posts: { drop: true } });
      const [{ path, sent } = { path: '', sent: null! }] = await replyToEach([{ answer: 'accept_then_500' }]);
      const unconfirmed = await inState(stack, path, sent.id, 'unconfirmed', { withinMs: WITHIN_MS });
      expect(unconfirmed.reason).toContain('cannot be read');
      expect(await runOf(stack, sent.id)).toMatchObject({ action: 'unconfirmed' });
      expect(callsOf(sent.message_id)).toHaveLength(1);
      // A person's retry looks for it once more: it did go out.
      stack.sandbox.faults.clear();
      expect((await retry(path, sent.id)).status).toBe(202);
      await inState(stack, path, sent.id, ['sent', 'delivered'], { withinMs: WITHIN_MS });
      expect(callsOf(sent.message_id)).toHaveLength(1);
    },
    240_000,
  );

  test('an event that comes late settles what was unconfirmed', async () => {
    stack.sandbox.set({ eventsDelayMs: 3_600_000 });
    stack.sandbox.faults.set({ events: { answer: 403 } });
    const [{ path, sent } = { path: '', sent: null! }] = await replyToEach([{ answer: 'accept_then_drop' }]);
    await inState(stack, path, sent.id, 'unconfirmed', { withinMs: WITHIN_MS });
    stack.sandbox.set({ eventsDelayMs: 0 });
    await inState(stack, path, sent.id, 'delivered');
    expect(callsOf(sent.message_id)).toHaveLength(1);
  }, 240_000);

  test('for a while only (500, 429, nothing): asked again, and found', async () => {
    for (const answer of [500, 429, 'hang'] as const) {
      stack.sandbox.faults.set({ events: { answer, times: 1 }, event_posts: { drop: true } });
      const [{ path, sent } = { path: '', sent: null! }] = await replyToEach([
        { answer: 'accept_then_drop' },
      ]);
      await inState(stack, path, sent.id, ['sent', 'delivered'], { withinMs: WITHIN_MS });
      expect(callsOf(sent.message_id)).toHaveLength(1);
    }
  }, 240_000);
});

test('a key that is wrong for longer than a reply is tried: the reason is shown meanwhile, then failed; a person’s retry sends it', async () => {
  await stack.stop('worker');
  await stack.startWorker({ REPLY_RETRY_MS: '500', REPLY_GIVE_UP_MS: '5000' });
  const [{ path, sent } = { path: '', sent: null! }] = await replyToEach([{ answer: 401 }]);
  await until('the reason to be seen', async () => {
    const shown = await messageAt(stack, path, sent.id);
    return shown.reason?.includes('API key');
  });
  const failed = await inState(stack, path, sent.id, 'failed', { withinMs: WITHIN_MS });
  expect(failed.reason).toContain('API key');
  const tries = callsOf(sent.message_id).length;
  expect(tries).toBeGreaterThan(1);
  stack.sandbox.faults.clear();
  expect((await retry(path, sent.id)).status).toBe(202);
  await inState(stack, path, sent.id, 'delivered', { withinMs: WITHIN_MS });
  expect(callsOf(sent.message_id).filter(({ accepted }) => accepted)).toHaveLength(1);
}, 240_000);
