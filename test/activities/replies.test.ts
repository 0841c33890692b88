import pino from 'pino';
import type { Deps } from '../../activities/deps.ts';
import { createReplyActivities, type ReplyActivities } from '../../activities/index.ts';
import type {
  DeliveryEvent,
  FoundEvents,
  OutboundProvider,
  OutgoingMail,
  SendResult,
} from '../../src/providers/outbound.ts';
import { createStorage } from '../../src/storage/createStorage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { newHouse, runStep, type House } from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';

const SETTLE_MS = 60_000;
const KEPT_MS = 3_600_000;

let house: House;
let root: string;
let storage: Storage;
let steps: ReplyActivities;
let ticket: { kind: 'ticket'; id: string };
/** Calls that reached the provider, and what it answers; the last answer stays. */
let sends: OutgoingMail[];
let answers: (SendResult | (() => Promise<SendResult>))[];
let events: FoundEvents;

beforeEach(async () => {
  house = await newHouse();
  root = await mkdtemp(path.join(os.tmpdir(), 'replies-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
  sends = [];
  answers = [{ result: 'accepted' }];
  events = { readable: true, events: [] };
  const outbound: Pick<OutboundProvider, 'send' | 'findEvents'> = {
    send: async (mail) => {
      sends.push(mail);
      const answer = answers[Math.min(sends.length, answers.length) - 1]!;
      return typeof answer === 'function' ? answer() : answer;
    },
    findEvents: async () => events,
  };
  const replies = { settleMs: SETTLE_MS, giveUpMs: 600_000, retryMs: 5_000, eventsKeptMs: KEPT_MS };
  const log = pino({ level: 'silent' });
  steps = createReplyActivities({ models: house.models, storage, outbound, replies, log } as unknown as Deps);
  const received = await house.receive({ cc: ['bob@client.test'] });
  ticket = { kind: 'ticket', id: received.threads[0]! };
});
afterEach(async () => {
  await house.close();
  await rm(root, { recursive: true, force: true });
});

const run = (reply: Reply) => ({ id: reply._id, run: reply.outbound.run });
const sending = (change: Parameters<typeof saveReply>[2] = {}) => {
  const from = { email: 'support@acme.test', name: 'Support' };
  return saveReply(house, ticket, {
    state: 'sending',
    from,
    sending_email: from.email,
    ...change,
    outbound: { trying_since: new Date(), ...change.outbound },
  });
};
const deliver = (reply: Reply, attempt: number) => runStep(steps.deliverReply, run(reply), attempt);
const look = (reply: Reply, decided = false) => runStep(steps.findReply, run(reply), { decided });
const event = (
  kind: DeliveryEvent['kind'],
  reply: Reply,
  attempt: number,
  recipient = 'ann@client.test',
): DeliveryEvent => ({
  id: `${kind}-${attempt}`,
  kind,
  recipient,
  at: new Date(),
  reason: null,
  message: { id: reply._id, attempt },
  messageId: reply.message_id,
});

describe('takeReply', () => {
  test('waits until it can no longer be cancelled, then takes it once', async () => {
    const reply = await saveReply(house, ticket, { outbound: { due_at: new Date(Date.now() + 60_000) } });
    const waits = await runStep(steps.takeReply, run(reply));
    expect(waits).toMatchObject({ verdict: 'wait' });
    await house.models.Message.updateOne({ _id: reply._id }, { $set: { 'outbound.due_at': new Date() } });
    const both = await Promise.all([1, 2].map(() => runStep(steps.takeReply, run(reply))));
    expect(both).toEqual([
      { verdict: 'taken', attempt: 0, unclear: false },
      { verdict: 'taken', attempt: 0, unclear: false },
    ]);
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'sending', outbound: { changes: 1 } });
  });

  test('one that was cancelled is over', async () => {
    const reply = await saveReply(house, ticket, { state: 'cancelled' });
    expect(await runStep(steps.takeReply, run(reply))).toEqual({ verdict: 'over', state: 'cancelled' });
  });

  test('an earlier run writes nothing', async () => {
    const reply = await saveReply(house, ticket, { outbound: { run: 2 } });
    await expect(runStep(steps.takeReply, { id: reply._id, run: 1 })).rejects.toMatchObject({
      type: 'Superseded',
    });
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'queued', outbound: { changes: 0 } });
  });
});

describe('resolveSendingEmail', () => {
  test('the first decision stands', async () => {
    const reply = await saveReply(house, ticket, { state: 'sending' });
    await runStep(steps.resolveSendingEmail, run(reply));
    await house.models.WorkspaceEmail.updateOne(
      { address: 'support@acme.test' },
      { $set: { active: false } },
    );
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual({ verdict: 'resolved' });
    expect(await readReply(house, reply._id)).toMatchObject({
      from: { email: 'support@acme.test' },
      sending_email: 'support@acme.test',
      workspace_email_id: house.emails.support._id,
    });
  });

  test('none that can send: failed, and why', async () => {
    await house.models.WorkspaceEmail.updateMany({}, { $set: { active: false } });
    const reply = await saveReply(house, ticket, { state: 'sending' });
    const failed = { verdict: 'failed', reason: 'no address of the workspace can send this' };
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual(failed);
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual(failed);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason: failed.reason, is_open: false },
    });
  });
});

describe('deliverReply', () => {
  test('one call an attempt, however often and however concurrently it is run', async () => {
    const reply = await sending();
    const results = await Promise.all([1, 2, 3, 4].map(() => deliver(reply, 1)));
    expect(sends).toHaveLength(1);
    expect(results.filter(({ verdict }) => verdict === 'sent').length).toBeGreaterThanOrEqual(1);
    expect(await deliver(reply, 1)).toEqual({ verdict: 'sent' });
    expect(sends).toMatchObject([
      { attempt: 1, recipients: ['ann@client.test'], messageId: reply.message_id },
    ]);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'sent',
      outbound: { attempt: 1, is_open: false, deliveries: [{ recipient: 'ann@client.test', state: 'sent' }] },
    });
  });

  test('a try that died in the middle is not called again under its number', async () => {
    const reply = await sending({ outbound: { attempt: 1, attempt_at: new Date(), unclear: true } });
    expect(await deliver(reply, 1)).toEqual({ verdict: 'unclear', code: 'BegunBefore' });
    expect(sends).toHaveLength(0);
  });

  test('refused: failed with words for the agent', async () => {
    answers = [{ result: 'refused', code: '400', reason: 'the address of Ann is not one' }];
    const reply = await sending();
    expect(await deliver(reply, 1)).toEqual({ verdict: 'failed', reason: 'the address of Ann is not one' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason: 'the address of Ann is not one' },
    });
  });

  test('not sent: later, longer each time, or as long as the provider says', async () => {
    const notSent = { result: 'not sent', code: 'ECONNREFUSED', reason: 'the provider is away' } as const;
    answers = [
      { ...notSent, retryAfterMs: null },
      { ...notSent, retryAfterMs: null },
      { ...notSent, retryAfterMs: 120_000 },
    ];
    const reply = await sending();
    const waits = [];
    for (const attempt of [1, 2, 3]) waits.push(await deliver(reply, attempt));
    expect(waits.map((wait) => 'ms' in wait && wait.ms)).toEqual([5_000, 10_000, 120_000]);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'sending',
      outbound: { reason: 'the provider is away' },
    });
  });

  test('and given up in the end', async () => {
    answers = [
      { result: 'not sent', code: 'ECONNREFUSED', reason: 'the provider is away', retryAfterMs: null },
    ];
    const reply = await sending({ outbound: { trying_since: new Date(Date.now() - 7_200_000) } });
    const reason = 'the provider is away; it was tried for 2 hours';
    expect(await deliver(reply, 1)).toEqual({ verdict: 'failed', reason });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason, is_open: false },
    });
  });

  test('after a bounce only those who do not have it get it again', async () => {
    const at = new Date();
    const deliveries = [
      { recipient: 'ann@client.test', attempt: 1, state: 'delivered' as const, reason: null, at },
      { recipient: 'bob@client.test', attempt: 1, state: 'failed' as const, reason: 'no such user', at },
    ];
    const cc = [{ email: 'Bob@client.test', name: '' }];
    const reply = await sending({ cc, outbound: { run: 2, attempt: 1, deliveries } });
    expect(await deliver(reply, 2)).toEqual({ verdict: 'sent' });
    expect(sends.map(({ recipients }) => recipients)).toEqual([['bob@client.test']]);
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'sent' });
  });

  test('an event that is faster than the provider’s answer stays', async () => {
    const reply = await sending();
    answers = [
      async () => {
        const { applyEvents } = await import('../../src/replies/applyEvents.ts');
        await applyEvents(house.models, reply._id, [event('delivered', reply, 1)]);
        return { result: 'accepted' };
      },
    ];
    expect(await deliver(reply, 1)).toEqual({ verdict: 'sent' });
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'delivered' });
  });
});

describe('findReply', () => {
  const unclear = (ageMs: number) =>
    sending({ outbound: { attempt: 1, attempt_at: new Date(Date.now() - ageMs), unclear: true } });

  test('found at any time settles it', async () => {
    const reply = await unclear(KEPT_MS * 2);
    events = { readable: true, events: [event('accepted', reply, 1), event('delivered', reply, 1)] };
    expect(await look(reply)).toEqual({ verdict: 'sent' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'delivered',
      outbound: { is_open: false },
    });
  });

  test('not found counts only when the provider has had time to tell', async () => {
    expect(await look(await unclear(1_000))).toMatchObject({ verdict: 'ask again' });
    expect(await look(await unclear(SETTLE_MS + 1))).toEqual({ verdict: 'not sent' });
  });

  test('events of an earlier attempt do not settle this one', async () => {
    const reply = await sending({ outbound: { attempt: 2, attempt_at: new Date(), unclear: true } });
    events = { readable: true, events: [event('failed', reply, 1)] };
    expect(await look(reply)).toMatchObject({ verdict: 'ask again' });
  });

  test.each([
    ['cannot be read', { readable: false, code: '403' } as const, 1_000, 'its events cannot be read'],
    ['are no longer kept', { readable: true, events: [] } as const, KEPT_MS + 1, 'no longer knows'],
  ])('events that %s: a person decides', async (_, found, ageMs, reason) => {
    const reply = await unclear(ageMs);
    events = found as unknown as FoundEvents;
    const verdict = await look(reply);
    expect(verdict).toMatchObject({ verdict: 'unconfirmed', reason: expect.stringContaining(reason) });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'unconfirmed',
      outbound: { is_open: false },
    });
  });

  test('when a person has decided, what is not found goes out', async () => {
    const reply = await unclear(1_000);
    expect(await look(reply, true)).toEqual({ verdict: 'not sent' });
    events = { readable: false, code: '401' };
    expect(await look(reply, true)).toEqual({ verdict: 'not sent' });
  });
});

describe('followReply', () => {
  const follow = (reply: Reply, ask: boolean) => runStep(steps.followReply, run(reply), { ask });
  const sent = () => {
    const deliveries = ['ann@client.test', 'bob@client.test'].map((recipient) => ({
      recipient,
      attempt: 1,
      state: 'sent' as const,
      reason: null,
      at: new Date(),
    }));
    return sending({ state: 'sent', outbound: { attempt: 1, deliveries } });
  };

  test('asks for what was never told', async () => {
    const reply = await sent();
    events = {
      readable: true,
      events: [event('delivered', reply, 1), event('failed', reply, 1, 'bob@client.test')],
    };
    expect(await follow(reply, false)).toEqual({ settled: false, state: 'sent' });
    expect(await follow(reply, true)).toEqual({ settled: true, state: 'failed' });
  });

  test('a permanent failure opens a closed ticket again, unless it was closed after that', async () => {
    const reply = await sent();
    const close = (closed_at: Date) =>
      house.models.Ticket.updateOne({ _id: ticket.id }, { $set: { status: 'closed', closed_at } });
    const status = async () => (await house.models.Ticket.findById(ticket.id).orFail().lean()).status;
    events = { readable: true, events: [event('failed', reply, 1)] };
    await close(new Date(Date.now() + 1_000));
    await follow(reply, true);
    expect(await status()).toBe('closed');
    await close(new Date(Date.now() - 1_000));
    events = { readable: true, events: [event('failed', reply, 1, 'bob@client.test')] };
    await follow(reply, true);
    expect(await status()).toBe('open');
  });
});
