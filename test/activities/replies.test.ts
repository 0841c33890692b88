import pino from 'pino';
import type { Deps } from '../../activities/deps.ts';
import { createReplyActivities, type ReplyActivities } from '../../activities/index.ts';
import type {
  DeliveryEvent,
  FoundEvents,
  OutboundProvider,
  OutgoingMail,
  SendResult,
} from '../../src/infra/providers/outbound.ts';
import { removeEmail } from '../../src/core/addresses/changeEmail.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { activityEnvironment } from '../support/activityEnvironment.ts';
import { newHouse, runStep, type House } from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';

const SETTLE_MS = 60_000;
const KEPT_MS = 3_600_000;

let house: House;
let root: string;
let storage: Storage;
let steps: ReplyActivities;
let ticket: { kind: 'ticket'; id: string };
/** Calls that reached the provider, and its answers, of which the last one is repeated. */
let sends: OutgoingMail[];
let answers: (SendResult | (() => Promise<SendResult>))[];
/** Called before a file of the mail is read: between the first look at the row and the call. */
let whileComposed: () => Promise<unknown>;
let events: FoundEvents;

beforeEach(async () => {
  house = await newHouse();
  root = await mkdtemp(path.join(os.tmpdir(), 'replies-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
  sends = [];
  answers = [{ result: 'accepted' }];
  whileComposed = () => Promise.resolve();
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
  const read = (key: string) => whileComposed().then(() => storage.read(key));
  const deps = { models: house.models, storage: Object.create(storage, { read: { value: read } }) };
  steps = createReplyActivities({ ...deps, outbound, replies, log } as unknown as Deps);
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
/** @param tries of this look, with those that failed. */
const look = (reply: Reply, tries = 1) =>
  activityEnvironment({ attempt: tries }).run(steps.findReply, run(reply));
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

  test('a cancelled reply is over', async () => {
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

  test('without an address that can send, the reply fails with the reason', async () => {
    await house.models.WorkspaceEmail.updateMany({}, { $set: { active: false } });
    const reply = await saveReply(house, ticket, { state: 'sending' });
    const failed = { verdict: 'failed', code: 'NoSendingEmail' };
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual(failed);
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual(failed);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: {
        reason: 'no address of the workspace can send this; ask an owner to set one up for sending',
        is_open: false,
      },
    });
  });

  test('a reply whose thread was deleted at this moment is cancelled', async () => {
    const reply = await saveReply(house, ticket, { state: 'sending' });
    await trash();
    const over = { verdict: 'failed', code: 'Cancelled', action: 'cancelled' };
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual(over);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'cancelled',
      outbound: { is_open: false, draft_on_restore: true },
    });
  });

  test('a reply whose chosen address was deleted is sent from the ticket’s own', async () => {
    const reply = await saveReply(house, ticket, { state: 'sending', sending_email: 'billing@acme.test' });
    await removeEmail(house.models, house.emails.billing);
    expect(await runStep(steps.resolveSendingEmail, run(reply))).toEqual({ verdict: 'resolved' });
    expect(await readReply(house, reply._id)).toMatchObject({
      from: { email: 'support@acme.test' },
      sending_email: 'support@acme.test',
    });
  });
});

/** Puts the ticket into the trash without its replies, as at the moment just before. */
const trash = () =>
  house.models.Ticket.updateOne({ _id: ticket.id }, { $set: { deleted_at: new Date(), hidden: 'trash' } });

describe('deliverReply', () => {
  test('makes no further call when the thread was deleted since the last one', async () => {
    answers = [{ result: 'not sent', code: 'Http503', reason: 'busy', retryAfterMs: null }];
    const reply = await sending();
    expect(await deliver(reply, 1)).toMatchObject({ verdict: 'not sent' });
    await trash();
    const over = { verdict: 'failed', code: 'Cancelled', action: 'cancelled' };
    expect(await deliver(reply, 2)).toEqual(over);
    expect(await deliver(reply, 2)).toEqual(over);
    expect(sends).toHaveLength(1);
  });

  test('makes no call for a workspace that is being deleted', async () => {
    const reply = await sending();
    await house.models.Workspace.updateOne({ _id: reply.workspace_id }, { $set: { shut_at: new Date() } });
    expect(await deliver(reply, 1)).toMatchObject({ action: 'cancelled' });
    expect(sends).toEqual([]);
    expect((await readReply(house, reply._id)).outbound.reason).toContain('workspace is being deleted');
  });

  test('makes one call for each attempt, no matter how often or concurrently it runs', async () => {
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

  test('an attempt whose process died is not called again under its number', async () => {
    const reply = await sending({ outbound: { attempt: 1, attempt_at: new Date(), unclear: true } });
    expect(await deliver(reply, 1)).toEqual({ verdict: 'unclear', code: 'BegunBefore' });
    expect(sends).toHaveLength(0);
  });

  test('a refused reply fails with a reason for the agent', async () => {
    answers = [{ result: 'refused', code: 'Http400', reason: 'the address of Ann is not one' }];
    const reply = await sending();
    expect(await deliver(reply, 1)).toEqual({ verdict: 'failed', code: 'Http400' });
    expect(await deliver(reply, 1)).toMatchObject({ verdict: 'failed' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason: 'the address of Ann is not one' },
    });
  });

  test('a reply that was not sent waits longer each time, or as long as the provider says', async () => {
    const notSent = { result: 'not sent', code: 'ECONNREFUSED', reason: 'the provider is away' } as const;
    answers = [
      { ...notSent, retryAfterMs: null },
      { ...notSent, retryAfterMs: null },
      { ...notSent, retryAfterMs: 120_000 },
    ];
    const reply = await sending();
    const waits = [];
    for (const attempt of [1, 2, 3]) waits.push(await deliver(reply, attempt));
    // Plus up to half of that, so that retries do not all come in the same second.
    for (const [n, ms] of [5_000, 10_000, 120_000].entries()) {
      expect(waits[n]).toEqual({ verdict: 'not sent', code: 'ECONNREFUSED', ms: expect.any(Number) });
      const { ms: waited } = waits[n] as { ms: number };
      expect(waited).toBeGreaterThanOrEqual(ms);
      expect(waited).toBeLessThanOrEqual(ms * 1.5);
    }
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'sending',
      outbound: { reason: 'the provider is away' },
    });
  });

  const LONG_AGO = () => new Date(Date.now() - 7_200_000);
  const tried = { attempt: 1, attempt_at: LONG_AGO(), trying_since: LONG_AGO() };

  test('and is given up in the end', async () => {
    answers = [
      { result: 'not sent', code: 'ECONNREFUSED', reason: 'the provider is away', retryAfterMs: null },
    ];
    const reply = await sending({ outbound: tried });
    const reason = 'the provider is away; Postroom tried for 2 hours, retry it to go on';
    expect(await deliver(reply, 2)).toEqual({ verdict: 'failed', code: 'ECONNREFUSED' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason, is_open: false },
    });
  });

  test('is given up in the end also when each try is unclear', async () => {
    answers = [{ result: 'unclear', code: 'Http500', reason: 'the provider had a fault of its own' }];
    const reply = await sending();
    expect(await deliver(reply, 1)).toEqual({ verdict: 'unclear', code: 'Http500' });
    const reason = 'the provider had a fault of its own';
    expect(await readReply(house, reply._id)).toMatchObject({ outbound: { reason, unclear: true } });
    await house.models.Message.updateOne(
      { _id: reply._id },
      { $set: { 'outbound.trying_since': LONG_AGO() } },
    );
    expect(await deliver(reply, 2)).toMatchObject({ verdict: 'failed' });
    expect(sends).toHaveLength(1);
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: { reason: `${reason}; Postroom tried for 2 hours, retry it to go on`, is_open: false },
    });
  });

  test('the time of trying counts from its first call, so a weekend without an engine does not count', async () => {
    const reply = await sending({ outbound: { trying_since: LONG_AGO() } });
    answers = [{ result: 'not sent', code: 'Http429', reason: 'too many', retryAfterMs: 1_000 }];
    expect(await deliver(reply, 1)).toMatchObject({ verdict: 'not sent' });
  });

  test('a process that was suspended before its call does not make it any more', async () => {
    const reply = await sending();
    const { Message } = house.models;
    const updateOne = Message.updateOne.bind(Message);
    const { now } = Date;
    // The write that raises the attempt takes long.
    Message.updateOne = ((...args: Parameters<typeof updateOne>) => {
      Date.now = () => now() + 31_000;
      return updateOne(...args);
    }) as typeof updateOne;
    try {
      expect(await deliver(reply, 1)).toEqual({ verdict: 'unclear', code: 'Slept' });
    } finally {
      Date.now = now;
      Message.updateOne = updateOne;
    }
    expect(sends).toHaveLength(0);
  });

  /** A file of the message, which is in the store by default. */
  async function attach(reply: Reply, isGone = false): Promise<void> {
    const key = `attachments/${reply._id}`;
    if (!isGone) await storage.put(key, 'a file');
    await house.models.Attachment.collection.insertOne({
      _id: `a-${reply._id}`,
      workspace_id: reply.workspace_id,
      message_id: reply._id,
      position: 0,
      filename: 'a.txt',
      content_type: 'text/plain',
      size: 6,
      content_id: null,
      state: 'stored',
      key,
    } as never);
  }

  test('a reply with a missing file is tried again, since a disk may be unavailable, and fails in the end', async () => {
    const reply = await sending();
    await attach(reply, true);
    expect(await deliver(reply, 1)).toMatchObject({ verdict: 'not sent', code: 'NotStored' });
    const reason = 'one of its attachments could not be found in storage';
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'sending', outbound: { reason } });
    await house.models.Message.updateOne(
      { _id: reply._id },
      { $set: { 'outbound.trying_since': LONG_AGO() } },
    );
    expect(await deliver(reply, 2)).toEqual({ verdict: 'failed', code: 'NotStored' });
    expect(sends).toHaveLength(0);
  });

  describe('a later run', () => {
    const at = new Date(Date.now() - 60_000);
    const deliveryOf = (recipient: string, state: 'sent' | 'delivered' | 'failed') => ({
      recipient,
      attempt: 1,
      state,
      reason: null,
      at,
    });
    const again = (...deliveries: ReturnType<typeof deliveryOf>[]) =>
      sending({
        cc: [{ email: 'Bob@client.test', name: '' }],
        outbound: { run: 2, attempt: 1, attempts_before: 1, attempt_at: at, deliveries },
      });

    test('sends although an earlier attempt’s event comes at this moment', async () => {
      const reply = await again(
        deliveryOf('ann@client.test', 'sent'),
        deliveryOf('bob@client.test', 'failed'),
      );
      await attach(reply);
      whileComposed = () => applyEvents(house.models, reply._id, [event('delivered', reply, 1)]);
      expect(await deliver(reply, 2)).toEqual({ verdict: 'sent' });
      expect(sends.map(({ recipients }) => recipients)).toEqual([['bob@client.test']]);
      expect(await readReply(house, reply._id)).toMatchObject({
        state: 'sent',
        outbound: { attempt: 2, attempt_to: ['bob@client.test'] },
      });
    });

    test('does not send when that event says that all have it', async () => {
      const reply = await again(deliveryOf('ann@client.test', 'sent'));
      await attach(reply);
      whileComposed = () =>
        applyEvents(house.models, reply._id, [event('accepted', reply, 1, 'bob@client.test')]);
      expect(await deliver(reply, 2)).toEqual({ verdict: 'sent' });
      expect(sends).toHaveLength(0);
      expect(await readReply(house, reply._id)).toMatchObject({
        state: 'sent',
        outbound: { is_open: false },
      });
    });
  });

  test('after a bounce it is sent again only to those who do not have it', async () => {
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

  test('an event that comes before the provider’s answer is kept', async () => {
    const reply = await sending();
    answers = [
      async () => {
        await applyEvents(house.models, reply._id, [event('delivered', reply, 1)]);
        return { result: 'accepted' };
      },
    ];
    expect(await deliver(reply, 1)).toEqual({ verdict: 'sent' });
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'delivered' });
  });

  test('an event of one recipient shows that the mail was accepted for all', async () => {
    const reply = await sending({ cc: [{ email: 'bob@client.test', name: '' }] });
    answers = [
      async () => {
        await applyEvents(house.models, reply._id, [event('failed', reply, 1)]);
        return { result: 'unclear', code: 'ECONNRESET', reason: 'the connection ended' };
      },
    ];
    expect(await deliver(reply, 1)).toEqual({ verdict: 'sent' });
    const row = await readReply(house, reply._id);
    expect(row.state).toBe('failed');
    expect(row.outbound.deliveries.map(({ recipient, state }) => [recipient, state])).toEqual([
      ['ann@client.test', 'failed'],
      ['bob@client.test', 'sent'],
    ]);
  });

  test.each(['refused', 'not sent'] as const)(
    '%s, and an event that knows better: it stays',
    async (result) => {
      const reply = await sending();
      answers = [
        async () => {
          await applyEvents(house.models, reply._id, [event('delivered', reply, 1)]);
          return { result, code: 'Http400', reason: 'no', retryAfterMs: null };
        },
      ];
      expect(await deliver(reply, 1)).toEqual({ verdict: 'sent' });
      expect(await readReply(house, reply._id)).toMatchObject({ state: 'delivered' });
    },
  );
});

describe('findReply', () => {
  const unclear = (ageMs: number, more: Partial<Reply['outbound']> = {}) =>
    sending({ outbound: { attempt: 1, attempt_at: new Date(Date.now() - ageMs), unclear: true, ...more } });

  test('finding the mail settles it at any time', async () => {
    const reply = await unclear(KEPT_MS * 2);
    events = { readable: true, events: [event('accepted', reply, 1), event('delivered', reply, 1)] };
    expect(await look(reply)).toEqual({ verdict: 'sent', outcome: 'delivered' });
    expect(await look(reply)).toEqual({ verdict: 'sent', outcome: 'delivered' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'delivered',
      outbound: { is_open: false },
    });
  });

  test('not finding it counts only when the provider has had time to report', async () => {
    expect(await look(await unclear(1_000))).toMatchObject({ verdict: 'ask again' });
    expect(await look(await unclear(SETTLE_MS + 1))).toEqual({ verdict: 'not sent' });
  });

  test('a provider that was unavailable until now gets that time again', async () => {
    const reply = await unclear(SETTLE_MS * 10);
    expect(await look(reply, 2)).toEqual({ verdict: 'ask again', ms: SETTLE_MS });
    expect(await look(reply)).toEqual({ verdict: 'not sent' });
  });

  test('events of an earlier attempt do not settle this one', async () => {
    const reply = await sending({
      cc: [{ email: 'bob@client.test', name: '' }],
      outbound: { attempt: 2, attempt_at: new Date(), unclear: true },
    });
    events = { readable: true, events: [event('failed', reply, 1)] };
    expect(await look(reply)).toMatchObject({ verdict: 'ask again' });
  });

  test.each([
    ['cannot be read', { readable: false, code: '403' } as const, SETTLE_MS / 60 + 1, 'cannot be read'],
    ['are no longer kept', { readable: true, events: [] } as const, KEPT_MS + 1, 'no longer has its events'],
  ])('events that %s: a person decides', async (_, found, ageMs, reason) => {
    const reply = await unclear(ageMs);
    events = found as unknown as FoundEvents;
    expect(await look(reply)).toMatchObject({ verdict: 'unconfirmed' });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'unconfirmed',
      outbound: { reason: expect.stringContaining(reason), is_open: false, unclear: true },
    });
    expect(await look(reply)).toMatchObject({ verdict: 'unconfirmed' });
  });

  test('when events cannot be read, it waits a moment for a posted one', async () => {
    const reply = await unclear(0);
    events = { readable: false, code: '403' };
    expect(await look(reply)).toMatchObject({ verdict: 'ask again' });
    await applyEvents(house.models, reply._id, [event('accepted', reply, 1)]);
    expect(await look(reply)).toEqual({ verdict: 'sent' });
  });

  test('when a person has decided, a mail that is not found is sent', async () => {
    const reply = await unclear(1_000, { run: 2, attempts_before: 1 });
    expect(await look(reply)).toEqual({ verdict: 'not sent' });
    events = { readable: false, code: '401' };
    expect(await look(reply)).toEqual({ verdict: 'not sent' });
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

  test('asks for events that were never posted', async () => {
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

describe('a reply that may have been sent by a call that its row does not know', () => {
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  /** Restored ten minutes ago to a moment twenty minutes ago. */
  const restored = (change: Partial<Reply['outbound']> = {}) =>
    sending({
      outbound: {
        due_at: minutesAgo(15),
        trying_since: minutesAgo(14),
        maybe_sent: { since: minutesAgo(20), until: minutesAgo(10) },
        ...change,
      },
    });
  const late = (minutes: number) =>
    sending({ outbound: { due_at: minutesAgo(minutes), trying_since: new Date() } });
  const MAYBE = { verdict: 'unclear', code: 'MaybeSent' };

  test('after a restore it is looked up before the first call; what is found settles it', async () => {
    const reply = await restored();
    expect(await deliver(reply, 1)).toEqual(MAYBE);
    events = { readable: true, events: [event('delivered', reply, 1)] };
    expect(await look(reply)).toEqual({ verdict: 'sent', outcome: 'delivered' });
    expect(sends).toEqual([]);
    const { state, outbound } = await readReply(house, reply._id);
    expect([state, outbound.is_open, outbound.maybe_sent]).toEqual(['delivered', false, null]);
  });

  test('a later attempt than the row knows settles it too', async () => {
    const reply = await restored({ attempt: 1 });
    expect(await deliver(reply, 2)).toEqual(MAYBE);
    events = { readable: true, events: [event('failed', reply, 5)] };
    expect(await look(reply)).toEqual({ verdict: 'sent', outcome: 'failed' });
    expect(sends).toEqual([]);
  });

  test('what is not found is sent, once, and has its whole time for retries', async () => {
    const reply = await restored();
    expect(await deliver(reply, 1)).toEqual(MAYBE);
    expect(await deliver(reply, 1)).toMatchObject({ verdict: 'unclear' });
    expect(await look(reply)).toEqual({ verdict: 'not sent' });
    const { outbound } = await readReply(house, reply._id);
    expect(outbound.trying_since!.getTime()).toBeGreaterThan(minutesAgo(1).getTime());
    expect(await deliver(reply, 2)).toEqual({ verdict: 'sent' });
    expect(sends).toHaveLength(1);
  });

  test('what is not found counts only some time after the restore', async () => {
    const reply = await restored({ maybe_sent: { since: minutesAgo(20), until: new Date() } });
    await deliver(reply, 1);
    expect(await look(reply)).toMatchObject({ verdict: 'ask again' });
  });

  test.each([
    ['cannot be read', { readable: false, code: '403' }, 20, 'MaybeSentUnreadable'],
    ['are gone', { readable: true, events: [] }, 70, 'MaybeSentGone'],
  ] as const)('if the events %s, a person decides, once', async (_case, answer, minutes, code) => {
    const due_at = minutesAgo(minutes);
    const reply = await restored({ due_at, maybe_sent: { since: due_at, until: minutesAgo(10) } });
    await deliver(reply, 1);
    events = answer as FoundEvents;
    expect(await look(reply)).toEqual({ verdict: 'unconfirmed', code });
    const { state, outbound } = await readReply(house, reply._id);
    expect([state, outbound.reason]).toEqual(['unconfirmed', expect.stringContaining('may have been sent')]);
    // As retryMessage and takeReply write it.
    await house.models.Message.updateOne(
      { _id: reply._id },
      {
        state: 'sending',
        'outbound.run': 2,
        'outbound.due_at': new Date(),
        'outbound.trying_since': new Date(),
        'outbound.attempts_before': 1,
      },
    );
    const retried = await readReply(house, reply._id);
    expect(await look(retried)).toEqual({ verdict: 'not sent' });
    expect(await deliver(retried, 2)).toEqual({ verdict: 'sent' });
  });

  test('one that waited between two tries is looked up as well', async () => {
    const reply = await restored({ attempt: 1, attempt_at: minutesAgo(21), trying_since: minutesAgo(21) });
    expect(await deliver(reply, 2)).toEqual(MAYBE);
    expect(sends).toEqual([]);
  });

  test('an event of that call settles it before it is looked up, also if it was cancelled', async () => {
    const states = ['scheduled', 'cancelled'] as const;
    for (const state of states) {
      const reply = await restored();
      await house.models.Message.updateOne({ _id: reply._id }, { $set: { state } });
      await applyEvents(house.models, reply._id, [event('delivered', reply, 1)]);
      expect(await readReply(house, reply._id)).toMatchObject({ state: 'delivered' });
    }
  });

  test('without a mark, one that starts over ten minutes late is looked up, and no other', async () => {
    const [tooLate, justInTime] = [await late(10.1), await late(9.5)];
    expect(await deliver(justInTime, 1)).toEqual({ verdict: 'sent' });
    expect(await deliver(tooLate, 1)).toEqual(MAYBE);
    expect(sends).toHaveLength(1);
    events = { readable: true, events: [event('accepted', tooLate, 1)] };
    expect(await look(tooLate)).toEqual({ verdict: 'sent' });
  });

  test('a run that is further than its row hands it to a new run', async () => {
    const reply = await saveReply(house, ticket, { state: 'scheduled' });
    await expect(runStep(steps.followReply, run(reply), { ask: false })).rejects.toMatchObject({
      type: 'Superseded',
    });
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'scheduled',
      outbound: { run: 2, wants_start: true, maybe_sent: { since: expect.any(Date) } },
    });
  });
});
