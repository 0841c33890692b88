import pino from 'pino';
import type { Deps } from '../../activities/deps.ts';
import { createReplyActivities, type ReplyActivities } from '../../activities/index.ts';
import type { SendResult } from '../../src/infra/providers/outbound.ts';
import type { ThreadFields } from '../../src/infra/models/outbound.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { newHouse, runStep, type House } from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';

let house: House;
let steps: ReplyActivities;
let ticket: { kind: 'ticket'; id: string };
let answer: SendResult;

beforeEach(async () => {
  house = await newHouse();
  answer = { result: 'accepted' };
  const outbound = { send: async () => answer, findEvents: async () => ({ readable: true, events: [] }) };
  const replies = { settleMs: 60_000, giveUpMs: 600_000, retryMs: 5_000, eventsKeptMs: 3_600_000 };
  const deps = { models: house.models, storage: { spoolDir: '/tmp' }, outbound, replies };
  steps = createReplyActivities({ ...deps, log: pino({ level: 'silent' }) } as unknown as Deps);
  const { threads, messages } = await house.receive({ received_at: new Date(Date.now() - 60_000) });
  await house.models.Message.updateOne({ _id: messages[0]!._id }, { $set: { created_at: new Date(0) } });
  ticket = { kind: 'ticket', id: threads[0]! };
});
afterEach(() => house.close());

const CLOSING: ThreadFields = { status: 'closed', agent_id: 'erik', priority: 'high', tags: ['a'] };
const thread = () => house.models.Ticket.findById(ticket.id).orFail().lean<ThreadRow>();
const run = (reply: Reply) => ({ id: reply._id, run: reply.outbound.run });
const saved = (change: Parameters<typeof saveReply>[2] = {}) =>
  saveReply(house, ticket, { ...change, outbound: { thread_change: CLOSING, ...change.outbound } });

test('the thread changes once the reply is taken, and only once', async () => {
  const reply = await saved();
  expect(await thread()).toMatchObject({ status: 'open', agent_id: null });
  await runStep(steps.takeReply, run(reply));
  await Promise.all([1, 2, 3].map(() => runStep(steps.resolveSendingEmail, run(reply))));
  const closed = await thread();
  expect(closed).toMatchObject(CLOSING);
  expect(closed.closed_at!.getTime()).toBeGreaterThan(reply.created_at.getTime());
  expect((await readReply(house, reply._id)).outbound.thread_change).toBeNull();
  // The step is run again after the ticket was opened by hand.
  await house.models.Ticket.updateOne({ _id: ticket.id }, { $set: { status: 'open', closed_at: null } });
  await runStep(steps.resolveSendingEmail, run(reply));
  expect(await thread()).toMatchObject({ status: 'open', changes: closed.changes });
});

test('a customer who wrote meanwhile keeps the thread open; the rest of the change is made', async () => {
  const reply = await saved();
  const [first] = await house.models.Message.find({
    workspace_id: 'w1',
    thread_id: ticket.id,
    direction: 'inbound',
  }).lean();
  await house.receive({ in_reply_to: [first!.message_id!], text: 'One more question, and a long one.' });
  await runStep(steps.takeReply, run(reply));
  await runStep(steps.resolveSendingEmail, run(reply));
  expect(await thread()).toMatchObject({ ...CLOSING, status: 'open' });
});

test('a reply that no address can send leaves the thread as it is', async () => {
  const reply = await saved();
  await house.models.WorkspaceEmail.updateMany({}, { $set: { can_send: false, active: false } });
  await runStep(steps.takeReply, run(reply));
  expect(await runStep(steps.resolveSendingEmail, run(reply))).toMatchObject({ verdict: 'failed' });
  expect(await thread()).toMatchObject({ status: 'open', agent_id: null });
});

test('a reply that the provider refuses opens the thread that was closed with it', async () => {
  answer = { result: 'refused', code: 'No', reason: 'no' };
  const reply = await saved();
  await runStep(steps.takeReply, run(reply));
  await runStep(steps.resolveSendingEmail, run(reply));
  expect((await thread()).status).toBe('closed');
  expect(await runStep(steps.deliverReply, run(reply), 1)).toMatchObject({ verdict: 'failed' });
  expect(await thread()).toMatchObject({ status: 'open', closed_at: null, agent_id: 'erik' });
});
