import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { SendFault } from '../../dev/mailgun/outbound/sendFaults.ts';
import { settleReplies } from '../../src/sweeps/settleInbound.ts';
import { note } from '../support/note.ts';
import { inState, mailIn, reply } from '../support/outgoing.ts';
import { allInState, expectSentOnce, mapWide, type SentRow } from '../support/manyReplies.ts';
import { SOAK, sized } from '../support/size.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/**
 * Short waits. Events appear well before it counts that they did not, also when everything takes five times
 * as long: a call is over after 3 s, its events are there 2 s later.
 */
const WAITS = { MAILGUN_TIMEOUT_MS: '3000', REPLY_RETRY_MS: '300', REPLY_SETTLE_MS: '15000' };
const EVENTS_DELAY_MS = 2_000;
const WIDTH = 12;
const WITHIN_MS = 180_000;
const log = pino({ level: 'silent' });

let stack: Stack;
let path: string;
beforeAll(async () => {
  stack = await startStack({ env: WAITS });
  ({ path } = await mailIn(stack));
});
beforeEach(() => stack.sandbox.set({ eventsDelayMs: EVENTS_DELAY_MS }));
afterEach(() => stack.sandbox.faults.clear());
afterAll(() => stack.close());

const retry = (id: string) => stack.request('POST', `${path}/messages/${id}/retry`);
const callsOf = (messageId: string | null) =>
  stack.sandbox.sends.filter((call) => call.messageId === messageId);
const rowOf = (id: string) => stack.models.Message.findById(id).orFail().lean<SentRow>();

const addresses = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name}-${n}@client.test`);
const replyToEach = (recipients: string[]) =>
  mapWide(recipients, WIDTH, async (to) => (await reply(stack, path, { text: 'Yes.', to: [to], cc: [] })).id);

/**
 * What a call may meet. After a fault of the second kind it is unclear whether the mail was taken, and
 * finding out takes a while.
 */
const CERTAIN: SendFault[] = [{ answer: 429, again_after_s: 1 }, { answer: 403 }, { answer: 'magnificent' }];
const UNCLEAR = (
  ['accept_then_drop', 'accept_then_500', 'accept_then_hang', 'drop', 'hang', 'no_id', 'html', 500] as const
).map((answer): SendFault => ({ answer }));

/** Enough for each fault, also in a tenth of the full size. */
const SENDS = sized(200);

test(`${SENDS} sends in which anything happens to the calls: each goes out once, all are settled`, async () => {
  const recipients = addresses('r', SENDS);
  const faults = recipients.flatMap((recipient, n) => {
    const met = [
      ...(n % 5 === 0 ? [CERTAIN[(n / 5) % CERTAIN.length]!] : []),
      ...(n % 6 !== 0 ? [UNCLEAR[n % UNCLEAR.length]!] : []),
      ...(n % 10 === 0 ? [UNCLEAR[(n / 10) % UNCLEAR.length]!] : []),
    ];
    return met.map((fault) => ({ ...fault, recipient, times: 1 }));
  });
  stack.sandbox.faults.set({ sends: faults });
  const ids = await replyToEach(recipients);
  const rows = await allInState(stack, ids, ['sent', 'delivered'], WITHIN_MS);
  expectSentOnce(stack, rows);
  // Each kind of fault was met, or the test shows nothing. (One behind a fault that had taken the mail is
  // not.)
  const calls = rows.flatMap((row) => callsOf(row.message_id));
  const met = calls.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  expect(new Set(met)).toEqual(new Set(faults.map(({ answer }) => answer)));
  note(`${calls.length} calls, ${met.length} with a fault`);
}, 300_000);

test('where events can be neither read nor received: never sent again by itself, and once more by a person', async () => {
  const recipients = addresses('u', UNCLEAR.length * (SOAK ? 3 : 1));
  stack.sandbox.faults.set({
    sends: recipients.map((recipient, n) => ({ ...UNCLEAR[n % UNCLEAR.length]!, recipient, times: 1 })),
    events: { answer: 403 },
    event_posts: { drop: true },
  });
  const ids = await replyToEach(recipients);
  const rows = await allInState(stack, ids, ['unconfirmed'], WITHIN_MS);
  expect(rows.map((row) => callsOf(row.message_id).length)).toEqual(rows.map(() => 1));

  // Two people who retry at the same moment cause one try.
  await mapWide(ids, WIDTH, async (id) => {
    const both = await Promise.all([retry(id), retry(id)]);
    expect(both.map(({ status }) => status)).toContain(202);
  });
  await allInState(stack, ids, ['sent'], WITHIN_MS);
  expect(rows.map((row) => callsOf(row.message_id).length)).toEqual(rows.map(() => 2));
}, 300_000);

describe('a run that an operator ended', () => {
  /** The worker looks for them once a minute. */
  async function ended(id: string): Promise<void> {
    await stack.client.workflow.getHandle(`reply/${id}`).terminate('by an operator');
    const { models, client } = stack;
    await until('it to be settled', () => settleReplies({ models, client, log }, 0));
  }

  test('while it waited for its next try: failed, and its thread is open; a retry sends it, once', async () => {
    stack.sandbox.faults.set({ sends: { answer: 429, again_after_s: 600 } });
    const sent = await reply(stack, path, { text: 'Yes.', status: 'closed' });
    await until(
      'the outcome of a try',
      async () => {
        const { outbound } = await rowOf(sent.id);
        return outbound.attempt === 1 && !outbound.unclear;
      },
      WITHIN_MS,
    );
    await ended(sent.id);
    const failed = await inState(stack, path, sent.id, 'failed');
    expect(failed.reason).toContain('ended');
    await until('it to be open', async () => {
      const thread = (await (await stack.api(path)).json()) as { status: string };
      return thread.status === 'open';
    });
    stack.sandbox.faults.clear();
    expect((await retry(sent.id)).status).toBe(202);
    expectSentOnce(stack, await allInState(stack, [sent.id], ['sent', 'delivered'], WITHIN_MS));
  }, 240_000);

  test('while it was unclear whether a call had succeeded: unconfirmed; a person’s retry looks once more, and finds it', async () => {
    stack.sandbox.set({ eventsDelayMs: 3_600_000 });
    stack.sandbox.faults.set({ sends: { answer: 'accept_then_drop' }, event_posts: { drop: true } });
    const sent = await reply(stack, path);
    await until('a call', () => callsOf(sent.message_id).length > 0);
    await ended(sent.id);
    const unconfirmed = await inState(stack, path, sent.id, 'unconfirmed', { withinMs: WITHIN_MS });
    expect(unconfirmed.reason).toContain('ended');
    stack.sandbox.set({ eventsDelayMs: 0 });
    expect((await retry(sent.id)).status).toBe(202);
    expectSentOnce(stack, await allInState(stack, [sent.id], ['sent', 'delivered'], WITHIN_MS));
  }, 240_000);

  test('reset to its beginning, it looks for what it has sent before it sends', async () => {
    stack.sandbox.faults.set({ sends: { answer: 'accept_then_500', times: 1 } });
    const sent = await reply(stack, path);
    await until('a call', () => callsOf(sent.message_id).length > 0);
    await stack.client.workflowService.resetWorkflowExecution({
      namespace: stack.namespace,
      workflowExecution: { workflowId: `reply/${sent.id}` },
      reason: 'by an operator',
      requestId: randomUUID(),
      // The first workflow task: nothing that the run has done is left.
      workflowTaskFinishEventId: 3 as never,
    });
    expectSentOnce(stack, await allInState(stack, [sent.id], ['sent', 'delivered'], WITHIN_MS));
  }, 240_000);
});

describe('a person’s retry while an earlier attempt’s events still come in', () => {
  test('the events say during the second call that it has arrived: that settles it, and there is no third call', async () => {
    const to = ['ann@client.test', 'bob@client.test'];
    stack.sandbox.set({ eventsDelayMs: 3_600_000 });
    stack.sandbox.faults.set({
      events: { answer: 403 },
      sends: [
        { answer: 'accept_then_500', times: 1 },
        { answer: 'hang', times: 1 },
      ],
    });
    const sent = await reply(stack, path, { text: 'Yes.', to, cc: [] });
    await inState(stack, path, sent.id, 'unconfirmed', { withinMs: WITHIN_MS });
    expect((await retry(sent.id)).status).toBe(202);
    await until('the second call', () => callsOf(sent.message_id).length === 2);
    stack.sandbox.set({ eventsDelayMs: 0 });
    await inState(stack, path, sent.id, 'delivered');
    const run = stack.client.workflow.getHandle(`reply/${sent.id}/again/2`);
    expect(await run.result()).toEqual({ action: 'delivered' });
    expect(callsOf(sent.message_id).map(({ accepted }) => accepted)).toEqual([true, false]);
    expect(await inState(stack, path, sent.id, 'delivered')).toMatchObject({
      deliveries: [{ state: 'delivered' }, { state: 'delivered' }],
    });
  }, 240_000);

  test('events of other recipients, after one has bounced: it goes to that one again, and to no recipient twice', async () => {
    stack.sandbox.set({ eventsDelayMs: 0, stepMs: 700 });
    const slow = Array.from({ length: 6 }, (_, n) => `slow+${n}@client.test`);
    const sent = await reply(stack, path, { text: 'Yes.', to: ['bounce@client.test'], cc: slow });
    await inState(stack, path, sent.id, 'failed');
    expect((await retry(sent.id)).status).toBe(202);
    const { deliveries } = await until(
      'the delivery state of each recipient',
      async () => {
        const shown = await inState(stack, path, sent.id, ['failed', 'sent', 'delayed', 'sending', 'queued']);
        const done = shown.deliveries.filter(({ state }) => state === 'delivered' || state === 'failed');
        return callsOf(sent.message_id).length === 2 && done.length === 7 && shown;
      },
      60_000,
    );
    expect(callsOf(sent.message_id).map(({ recipients }) => recipients.length)).toEqual([7, 1]);
    expect(deliveries.filter(({ state }) => state === 'failed')).toMatchObject([
      { recipient: 'bounce@client.test' },
    ]);
    expect((await inState(stack, path, sent.id, 'failed')).reason).toContain('bounced');
  }, 240_000);
});

test('Temporal stores no address, subject or word of a reply', async () => {
  stack.sandbox.faults.set({
    sends: [
      { answer: 400, message: 'gone@client.test is not a valid address', times: 1 },
      { answer: 'accept_then_500', times: 1 },
    ],
  });
  const sent = await reply(stack, path, { text: 'The secret word.', subject: 'A secret subject' });
  await inState(stack, path, sent.id, 'failed');
  await retry(sent.id);
  await inState(stack, path, sent.id, 'delivered');
  for (const workflowId of [`reply/${sent.id}`, `reply/${sent.id}/again/2`]) {
    const run = stack.client.workflow.getHandle(workflowId);
    await run.result();
    const text = JSON.stringify([await run.fetchHistory(), await run.describe()], (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(text).toContain(sent.id);
    expect(text).not.toMatch(/@client|@postroom|secret/);
  }
}, 240_000);
