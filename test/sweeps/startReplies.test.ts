import pino from 'pino';
import type { MessageRow, Models } from '../../src/infra/models/index.ts';
import { createReplyStarter, type ReplyStarter } from '../../src/sweeps/startReplies.ts';
import { createBreaker } from '../../src/lib/breaker.ts';
import { newId } from '../../src/lib/ids.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import { freshModels } from '../support/mongodb.ts';
import { saveReply, type Reply } from '../support/replies.ts';
import { until } from '../support/until.ts';

let models: Models;
const starters: ReplyStarter[] = [];
beforeEach(async () => {
  models = await freshModels();
  await models.Workspace.create({ _id: 'w1', name: 'One', created_at: new Date() });
});
afterEach(async () => {
  await Promise.all(starters.splice(0).map((starter) => starter.close()));
  await models.connection.close();
});

/** A Temporal that can be unavailable, and starts each id once. */
function newTemporal() {
  let waiting = 0;
  const temporal = {
    isAway: false,
    calls: 0,
    /** The most concurrent calls while it was away. */
    mostCallsWhileAway: 0,
    runs: [] as ReplyRun[],
    fairnessKeys: new Set<string | undefined>(),
    startReply: async (
      { id, run }: ReplyRun,
      fairnessKey?: string,
    ): Promise<'started' | 'already-started'> => {
      temporal.calls += 1;
      temporal.fairnessKeys.add(fairnessKey);
      if (temporal.isAway) {
        temporal.mostCallsWhileAway = Math.max(temporal.mostCallsWhileAway, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 20));
        waiting -= 1;
        throw new Error('away');
      }
      if (temporal.runs.some((existing) => existing.id === id && existing.run === run))
        return 'already-started';
      temporal.runs.push({ id, run });
      return 'started';
    },
  };
  return temporal;
}
type Temporal = ReturnType<typeof newTemporal>;

function newStarter({ startReply }: Pick<Temporal, 'startReply'>): ReplyStarter {
  const breaker = createBreaker({ engine: 'Temporal' });
  const starter = createReplyStarter({
    models,
    starts: { sendReply: (reply, fairnessKey) => breaker.call(() => startReply(reply, fairnessKey)) },
    log: pino({ level: 'silent' }),
  });
  starters.push(starter);
  return starter;
}

async function saved(outbound: Partial<Reply['outbound']> = {}): Promise<ReplyRun> {
  const ticket = { kind: 'ticket' as const, id: newId() };
  const opening = { opens: true, contact_id: 'c', workspace_email_id: 'e' };
  const row = await saveReply({ models }, ticket, {
    ...opening,
    outbound: { wants_start: true, ...outbound },
  });
  return { id: row._id, run: row.outbound.run };
}
const wanting = async () => (await models.Message.find({ 'outbound.wants_start': true })).length;
const noneIsLeft = () => until('every run to be started', async () => (await wanting()) === 0);

test('a run is started at once, which its row records', async () => {
  const temporal = newTemporal();
  const starter = newStarter(temporal);
  const reply = await saved();
  starter.add(reply, 'w1');
  await noneIsLeft();
  expect(temporal.runs).toEqual([reply]);
  expect([...temporal.fairnessKeys]).toEqual(['w1']);
});

test('while Temporal is away one call at a time is made, and afterwards each run is started once', async () => {
  const temporal = newTemporal();
  temporal.isAway = true;
  const starter = newStarter(temporal);
  const replies: ReplyRun[] = [];
  for (let count = 0; count < 30; count += 1) replies.push(await saved());
  starter.add(replies[0]!, 'w1');
  await until('a second call', () => temporal.calls > 1);
  replies.forEach((reply) => starter.add(reply, 'w1'));
  await until('more calls', () => temporal.calls > 4);
  expect([await wanting(), temporal.mostCallsWhileAway]).toEqual([30, 1]);
  temporal.isAway = false;
  await noneIsLeft();
  const ids = (runs: ReplyRun[]) => runs.map(({ id }) => id).sort();
  expect(ids(temporal.runs)).toEqual(ids(replies));
  // From now on each is started at once again.
  const next = await saved();
  starter.add(next, 'w1');
  await noneIsLeft();
  expect(temporal.runs).toContainEqual(next);
});

test('a start that failed, and is not wanted any more, is not made later', async () => {
  const temporal = newTemporal();
  temporal.isAway = true;
  const starter = newStarter(temporal);
  const cancelled = await saved();
  starter.add(cancelled, 'w1');
  await until('the first try', () => temporal.calls > 0);
  await models.Message.updateOne({ _id: cancelled.id }, { $set: { 'outbound.wants_start': false } });
  temporal.isAway = false;
  let looks = 0;
  models.connection.on('operation-start', ({ method, params }: { method: string; params: [object] }) => {
    if (method === 'findOne' && JSON.stringify(params[0]).includes(cancelled.id)) looks += 1;
  });
  const reply = await saved();
  starter.add(reply, 'w1');
  await noneIsLeft();
  await until('its next try', () => looks > 0);
  await starter.close();
  expect(temporal.runs).toEqual([reply]);
});

test('replies that another process left are started, also if it died before it created the thread', async () => {
  const temporal = newTemporal();
  const [first, second] = [await saved(), await saved({ run: 3 })];
  await saved({ wants_start: false });
  const left = await models.Message.findById(first.id).orFail().lean<MessageRow>();
  await models.Ticket.deleteOne({ _id: left.thread_id });
  newStarter(temporal).takeUp();
  await noneIsLeft();
  expect(temporal.runs.sort((a, b) => a.run - b.run)).toEqual([first, second]);
  expect(await models.Ticket.findById(left.thread_id).lean()).toMatchObject({
    last_message: { id: left._id, direction: 'outbound' },
  });
});

test('several processes start each run once', async () => {
  const temporal = newTemporal();
  const all: ReplyRun[] = [];
  for (let count = 0; count < 20; count += 1) all.push(await saved());
  for (let count = 0; count < 3; count += 1) {
    const starter = newStarter(temporal);
    starter.takeUp();
    all.forEach((reply) => starter.add(reply, 'w1'));
  }
  await noneIsLeft();
  expect(temporal.runs).toHaveLength(20);
});

test('a run that is requested while the previous one is being started is not forgotten', async () => {
  let startSecond!: () => void;
  const isStarting = new Promise<void>((resolve) => (startSecond = resolve));
  const started: ReplyRun[] = [];
  const starter = newStarter({
    startReply: async (reply) => {
      if (reply.run === 1) await isStarting;
      started.push(reply);
      return 'started';
    },
  });
  const { id } = await saved();
  starter.add({ id, run: 1 }, 'w1');
  await models.Message.updateOne({ _id: id }, { $set: { 'outbound.run': 2 } });
  startSecond();
  await until('the first start', () => started.length === 1);
  await starter.close();
  expect(await wanting()).toBe(1);
});

test('a failure for one reply does not delay others', async () => {
  const temporal = newTemporal();
  const broken = await saved();
  // Its thread cannot be created, because its workspace does not exist.
  await models.Message.updateOne({ _id: broken.id }, { $set: { workspace_id: 'gone', thread_id: 'gone' } });
  const others = [await saved(), await saved()];
  newStarter(temporal).takeUp();
  await until('the others to be started', async () => (await wanting()) === 1);
  expect(temporal.runs.map(({ id }) => id).sort()).toEqual(others.map(({ id }) => id).sort());
});

test('closing waits for starts that are under way, and makes no new ones', async () => {
  const temporal = newTemporal();
  const starter = newStarter(temporal);
  starter.add(await saved(), 'w1');
  await starter.close();
  expect(await wanting()).toBe(0);
  starter.add(await saved(), 'w1');
  starter.takeUp();
  await starter.close();
  expect(temporal.calls).toBe(1);
});
