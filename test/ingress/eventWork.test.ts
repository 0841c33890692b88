import type { Client } from '@temporalio/client';
import { connect, newConnection } from '../../src/infra/database.ts';
import { createModels } from '../../src/infra/models/index.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { createTemporalClient } from '../../src/infra/temporal/client.ts';
import { newId } from '../../src/lib/ids.ts';
import { REPLY_QUEUE, replyWorkflowId } from '../../src/infra/temporal/ids.ts';
import { createWakeReply } from '../../src/infra/temporal/wake.ts';
import { createEventWork, type EventWork, type EventWorkDeps } from '../../src/ingress/eventWork.ts';
import { eventIdOf, eventKey, eventMarkId, eventMarksFolder } from '../../src/infra/archive/keys.ts';
import { createRecordDeliveryEvent } from '../../src/core/replies/recordDeliveryEvent.ts';
import { mongoUri } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { newHouse, type House } from '../support/house.ts';
import { seededRandom } from '../support/random.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';
import { startTcpGate } from '../support/tcpGate.ts';
import { until } from '../support/until.ts';
import { DAY_MS } from '../../src/lib/time.ts';
import { anEvent, fakeOutbound, type PostedEvent, postEvent } from './events.ts';
import { type Rig, silent, startRig } from './rig.ts';

const MARKS = eventMarksFolder('mailgun');
let house: House;
let client: Client;
let ticketId: string;
let rig: Rig;
const works: EventWork[] = [];
beforeAll(async () => {
  house = await newHouse();
  client = createTemporalClient({ address: temporalAddress(), namespace: await freshNamespace() });
  ticketId = (await house.receive({})).row.ticket_id!;
});
afterAll(() => Promise.all([client.connection.close(), house.close()]));
beforeEach(async () => void (rig = await startRig({ outbound: fakeOutbound })));
afterEach(async () => {
  await Promise.all(works.splice(0).map((work) => work.close()));
  await rig.close();
});

/** The account may not read events. */
const asked = {
  outbound: { findEvents: async () => ({ readable: false, code: 'NoApiKey' }) as const },
  replies: { eventsKeptMs: DAY_MS },
};
const recordEvent = () =>
  createRecordDeliveryEvent({ ...asked, models: house.models, wake: createWakeReply(client), log: silent });
function newWork(change: Partial<EventWorkDeps> = {}): EventWork {
  const deps = {
    outbound: fakeOutbound,
    storage: rig.storage,
    isReplay: async () => false,
    recordEvent: recordEvent(),
    log: silent,
  };
  const work = createEventWork({ ...deps, ...change });
  works.push(work);
  return work;
}

/** A reply that has been sent, by default. */
const aReply = (change: Parameters<typeof saveReply>[2] = {}): Promise<Reply> =>
  saveReply(
    house,
    { kind: 'ticket', id: ticketId },
    { state: 'sent', ...change, outbound: { attempt: 1, is_open: false, ...change.outbound } },
  );
const deliveriesOf = async ({ _id }: Reply): Promise<Record<string, string>> => {
  const { outbound } = await readReply(house, _id);
  return Object.fromEntries(outbound.deliveries.map((row) => [row.recipient, row.state]));
};

async function marks(): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of rig.storage.list(MARKS)) keys.push(key);
  return keys;
}
const noMarks = (withinMs?: number): Promise<boolean> =>
  until('no mark is left', async () => (await marks()).length === 0, withinMs);
/** For tests of many events, or of back-off, on a slow machine. */
const LONG_MS = 120_000;

/** Posts events, which must be answered 200, and passes them to the work, as the web process does. */
async function tell(work: EventWork, ...events: PostedEvent[]): Promise<void> {
  const answers = await Promise.all(events.map((event) => postEvent(rig, event)));
  expect(answers.map((answer) => answer.status)).toEqual(events.map(() => 200));
  for (const mark of rig.marked.splice(0)) work.add(mark);
}

/** An event that another process has stored and marked, some time ago. */
async function leftBehind(event: PostedEvent, ageMs = 60_000): Promise<void> {
  const id = eventIdOf(new Date(event.at), event.id);
  const mark = MARKS + eventMarkId(newId(Date.now() - ageMs), id);
  await rig.storage.put(eventKey('mailgun', id), JSON.stringify(event), mark);
}

const startRun = async ({ _id, outbound }: Reply): Promise<string> => {
  const workflowId = replyWorkflowId(_id, outbound.run);
  const input = { id: _id, run: outbound.run };
  await client.workflow.start('sendReply', { taskQueue: REPLY_QUEUE, workflowId, args: [input] });
  return workflowId;
};
const signalsOf = async (workflowId: string): Promise<(string | null | undefined)[]> => {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal ? [signal.signalName] : [],
  );
};

describe('a posted event', () => {
  test('is written to its message, wakes its run, and its mark is removed', async () => {
    const reply = await aReply({ outbound: { run: 2 } });
    const workflowId = await startRun(reply);
    await tell(newWork(), anEvent({ message: reply._id, kind: 'failed' }));
    await noMarks();
    expect(await readReply(house, reply._id)).toMatchObject({
      state: 'failed',
      outbound: {
        reason: 'no such user',
        deliveries: [{ recipient: 'ann@client.test', state: 'failed', attempt: 1 }],
      },
    });
    await until('its run is woken', async () => (await signalsOf(workflowId)).join() === 'wake');
  });

  test('without our id finds its message by the Message-Id, on an index', async () => {
    const reply = await aReply();
    await aReply();
    await tell(newWork(), anEvent({ message_id: reply.message_id }));
    await noMarks();
    expect(await deliveriesOf(reply)).toEqual({ 'ann@client.test': 'delivered' });

    const filter = { message_id: reply.message_id, direction: 'outbound' } as const;
    const plan = await house.models.Message.find(filter).explain('queryPlanner');
    expect(JSON.stringify(plan)).toContain('"indexName":"message_id_1_direction_1"');
  });

  test('of an unknown message or kind, or about a message that was never sent, changes nothing', async () => {
    const { row, messages } = await house.receive({});
    const inbound = messages[0]!;
    const queued = await aReply({ state: 'queued', outbound: { attempt: 0 } });
    await tell(
      newWork(),
      anEvent({ message: 'unknown', message_id: inbound.message_id! }),
      anEvent({ message: inbound._id }),
      anEvent({ message_id: inbound.message_id! }),
      anEvent({ message_id: '<unknown@client.test>' }),
      anEvent(),
      anEvent({ message: queued._id }),
      anEvent({ message: queued._id, kind: 'opened' }),
    );
    await noMarks();
    expect(await house.models.Message.findById(inbound._id).lean()).toEqual(inbound);
    expect(row.state).toBe('routed');
    expect(await readReply(house, queued._id)).toEqual(queued);
  });

  test('that comes after the run has ended is written nevertheless', async () => {
    const reply = await aReply({ state: 'delivered' });
    const workflowId = await startRun(reply);
    await client.workflow.getHandle(workflowId).terminate();
    await tell(newWork(), anEvent({ message: reply._id, kind: 'complained' }));
    await noMarks();
    expect((await readReply(house, reply._id)).state).toBe('complained');
  });

  test('that comes before the answer to the call was written settles the message', async () => {
    const now = new Date();
    const reply = await aReply({
      state: 'sending',
      outbound: { is_open: true, attempt_at: now, trying_since: now },
    });
    await tell(newWork(), anEvent({ message: reply._id, kind: 'accepted' }));
    await noMarks();
    expect(await readReply(house, reply._id)).toMatchObject({ state: 'sent', outbound: { is_open: false } });
  });

  test('of an earlier attempt changes nothing', async () => {
    const reply = await aReply({ outbound: { attempt: 2 } });
    const work = newWork();
    await tell(work, anEvent({ message: reply._id, attempt: 2, kind: 'delivered' }));
    await noMarks();
    const before = await readReply(house, reply._id);
    await tell(work, anEvent({ message: reply._id, attempt: 1, kind: 'failed' }));
    await noMarks();
    expect(await readReply(house, reply._id)).toEqual(before);
  });

  test.each([
    [-1, 'open'],
    [1, 'closed'],
  ])('that is a failure, of a ticket closed %d minutes after it: now %s', async (minutes, status) => {
    const id = (await house.receive({ from: `writer${minutes}@client.test` })).row.ticket_id!;
    const reply = await saveReply(house, { kind: 'ticket', id }, { state: 'sent', outbound: { attempt: 1 } });
    const failedAt = new Date('2026-11-23T12:00:00Z');
    const closed_at = new Date(failedAt.getTime() + minutes * 60_000);
    await house.models.Ticket.updateOne({ _id: id }, { $set: { status: 'closed', closed_at } });
    await tell(newWork(), anEvent({ message: reply._id, kind: 'failed', at: failedAt.toISOString() }));
    await noMarks();
    expect(await house.models.Ticket.findById(id).lean()).toMatchObject({ status });
  });
});

describe('many events', () => {
  const KINDS = ['accepted', 'delayed', 'delivered', 'failed', 'complained'];
  const recipients = Array.from({ length: 25 }, (_, n) => `r${n}@client.test`);

  test(
    'fifty at once on one message: every recipient is right at the end',
    async () => {
      const reply = await aReply();
      const last = (n: number) => KINDS[1 + (n % 4)]!;
      await tell(
        newWork(),
        ...recipients.flatMap((recipient, n) =>
          ['accepted', last(n)].map((kind) => anEvent({ message: reply._id, recipient, kind })),
        ),
      );
      await noMarks(LONG_MS);
      const states = recipients.map((recipient, n): [string, string] => [recipient, last(n)]);
      expect(await deliveriesOf(reply)).toEqual(Object.fromEntries(states));
      expect((await readReply(house, reply._id)).state).toBe('failed');
    },
    LONG_MS,
  );

  test(
    'doubled and in any order, worked off by two processes: the same in the end',
    async () => {
      const seed = Date.now() % 1_000_000;
      const random = seededRandom(seed);
      const replies = await Promise.all([aReply(), aReply()]);
      // The number of kinds that come: so many steps up the ranks.
      const events = replies.flatMap((reply, r) =>
        recipients
          .slice(0, 5)
          .flatMap((recipient, n) =>
            KINDS.slice(0, 1 + ((n + r) % 5)).map((kind) => anEvent({ message: reply._id, recipient, kind })),
          ),
      );
      const shuffled = [...events, ...events]
        .map((event) => ({ event, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event);
      const [one, other] = [newWork(), newWork()];
      for (const [n, event] of shuffled.entries()) await tell(n % 2 === 0 ? one : other, event);
      await noMarks(LONG_MS);
      for (const [r, reply] of replies.entries()) {
        const RANKED = ['sent', 'delayed', 'delivered', 'failed', 'complained'];
        const states = recipients.slice(0, 5).map((recipient, n) => [recipient, RANKED[(n + r) % 5]]);
        expect([seed, await deliveriesOf(reply)]).toEqual([seed, Object.fromEntries(states)]);
      }
    },
    LONG_MS,
  );

  test('a repeated event that was processed is read once more, and its mark is removed too', async () => {
    const reply = await aReply();
    const event = anEvent({ message: reply._id });
    let calls = 0;
    const work = newWork({ recordEvent: (recorded) => (calls++, recordEvent()(recorded)) });
    await tell(work, event);
    await noMarks();
    const before = await readReply(house, reply._id);
    await tell(work, event);
    await noMarks();
    expect(await readReply(house, reply._id)).toEqual(before);
    expect(calls).toBe(2);
    expect(await rig.files()).toHaveLength(1);
  });
});

describe('what is away', () => {
  test(
    'MongoDB never there, there, gone and back: all answered 200, all written',
    async () => {
      const uri = new URL(mongoUri());
      const gate = await startTcpGate({ host: uri.hostname, port: Number(uri.port || 27017) });
      uri.host = `127.0.0.1:${gate.port}`;
      uri.pathname = `/${house.models.connection.name}`;
      uri.searchParams.set('directConnection', 'true');
      await gate.close();
      const connection = newConnection();
      const models = createModels(connection);
      let failed = 0;
      const gated = createRecordDeliveryEvent({
        ...asked,
        models,
        wake: createWakeReply(client),
        log: silent,
      });
      const work = newWork({
        recordEvent: (event) =>
          gated(event).catch((error: unknown) => {
            failed++;
            throw error;
          }),
      });

      const replies = await Promise.all(Array.from({ length: 12 }, () => aReply()));
      const delivered = replies.map((reply) => anEvent({ message: reply._id }));
      await tell(work, ...delivered.slice(0, 4));
      await until('it is found away', () => failed > 0);
      expect(await marks()).toHaveLength(4);
      await gate.open();
      await connect(connection, uri.toString());
      await noMarks(LONG_MS);

      await gate.close();
      failed = 0;
      await tell(work, ...delivered.slice(4));
      await until('it is found away again', () => failed > 0);
      expect(await marks()).toHaveLength(8);
      await gate.open();
      await noMarks(LONG_MS);
      for (const reply of replies)
        expect(await deliveriesOf(reply)).toEqual({ 'ann@client.test': 'delivered' });
      await work.close();
      await connection.close();
      await gate.end();
    },
    2 * LONG_MS,
  );

  test('while Temporal is away events are written, without waiting for it each time', async () => {
    const away = createTemporalClient({ address: '127.0.0.1:1', namespace: 'default' });
    let calls = 0;
    const withDeadline: Client['connection']['withDeadline'] = (deadline, call) => {
      calls++;
      return away.connection.withDeadline(deadline, call);
    };
    const client = Object.assign(Object.create(away) as Client, { connection: { withDeadline } });
    const work = newWork({
      recordEvent: createRecordDeliveryEvent({
        ...asked,
        models: house.models,
        wake: createWakeReply(client),
        log: silent,
      }),
    });
    for (let n = 0; n < 3; n++) {
      const reply = await aReply();
      await tell(work, anEvent({ message: reply._id }));
      await noMarks();
      expect(await deliveriesOf(reply)).toEqual({ 'ann@client.test': 'delivered' });
    }
    expect(calls).toBe(1);
    await away.connection.close();
  });

  test('a store that fails for a while is tried again', async () => {
    const reply = await aReply();
    let failures = 4;
    const flaky = <T>(call: () => Promise<T>): Promise<T> =>
      failures-- > 0 ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : call();
    const storage: Storage = Object.assign(Object.create(rig.storage) as Storage, {
      readAll: (key: string) => flaky(() => rig.storage.readAll(key)),
      delete: (key: string) => flaky(() => rig.storage.delete(key)),
      list: (prefix: string) => rig.storage.list(prefix),
    });
    await leftBehind(anEvent({ message: reply._id }));
    newWork({ storage }).takeUpMarks();
    await noMarks();
    expect(failures).toBeLessThan(0);
    expect(await deliveriesOf(reply)).toEqual({ 'ann@client.test': 'delivered' });
  });
});

describe('marks', () => {
  test('of a process that died before it wrote are processed when they are 30 s old', async () => {
    const [reply, other] = [await aReply(), await aReply()];
    await leftBehind(anEvent({ message: reply._id }));
    let reached = false;
    const dying = newWork({ recordEvent: () => ((reached = true), new Promise<never>(() => {})) });
    works.pop();
    dying.takeUpMarks();
    await until('it has begun', () => reached);
    void dying.close();
    await leftBehind(anEvent({ message: other._id }), 0);
    newWork().takeUpMarks();
    await until('only the young mark is left', async () => (await marks()).length === 1);
    expect(await deliveriesOf(reply)).toEqual({ 'ann@client.test': 'delivered' });
    expect(await deliveriesOf(other)).toEqual({});
  });

  test('are processed concurrently: one that hangs does not delay others', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => aReply()));
    const [hanging, ...others] = replies;
    const work = newWork({
      recordEvent: (event) =>
        event.message?.id === hanging!._id ? new Promise<never>(() => {}) : recordEvent()(event),
    });
    works.pop();
    await tell(work, ...replies.map((reply) => anEvent({ message: reply._id })));
    await until('all others are written', async () => (await marks()).length === 1);
    for (const reply of others) expect((await readReply(house, reply._id)).state).toBe('delivered');
    void work.close();
  });
});
