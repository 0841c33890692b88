import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createTemporalClient } from '../../src/infra/temporal/client.ts';
import { createBreaker } from '../../src/lib/breaker.ts';
import { hashOf, newId } from '../../src/lib/ids.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import type { InboundEmailRow, Models } from '../../src/infra/models/index.ts';
import { NotStoredError, type Storage } from '../../src/infra/storage/storage.ts';
import { markKey, payloadKey } from '../../src/infra/archive/keys.ts';
import { createNoteRepeat } from '../../src/ingress/noteRepeat.ts';
import { createStarter, type Starter, type StarterDeps } from '../../src/ingress/starter.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import { freshModels } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { startTcpGate } from '../support/tcpGate.ts';
import { until } from '../support/until.ts';
import { postForm, type Rig, signature, silent, someFields, startRig } from './rig.ts';

let rig: Rig;
let models: Models;
let client: Client;
const starters: Starter[] = [];
beforeAll(async () => {
  client = createTemporalClient({ address: temporalAddress(), namespace: await freshNamespace() });
  models = await freshModels();
});
afterAll(async () => {
  await client.connection.close();
  await models.connection.close();
});
beforeEach(async () => void (rig = await startRig()));
afterEach(async () => {
  await Promise.all(starters.splice(0).map((starter) => starter.close()));
  await rig.close();
});

function newStarter(change: Partial<StarterDeps> = {}): Starter {
  const starter = createStarter({
    providers: new Map([
      ['mailgun', null],
      ['mime', null],
    ]),
    storage: rig.storage,
    starts: createWorkflowStarts(client),
    noteRepeat: createNoteRepeat(models),
    config: { platformDomain: 'postroom.test', mailsPerMinute: 600, senderMailsPerMinute: 120 },
    log: silent,
    ...change,
  });
  starters.push(starter);
  return starter;
}

/** A start whose answer came too late is tried again and finds its own run, so the tests need not wait. */
const untold = () => Promise.resolve(true);

/** A durable, marked post, as the webhook leaves it. */
async function marked({ age = 0, recipients = 1, ids = undefined as string[] | undefined } = {}) {
  const id = newId(Date.now() - age);
  const inboundIds = ids ?? Array.from({ length: recipients }, () => hashOf(randomBytes(8).toString('hex')));
  const deliveries = inboundIds.map((inbound_id, n) => ({ recipient: `r${n}@acme.test`, inbound_id }));
  await rig.storage.put(
    payloadKey('mailgun', id),
    JSON.stringify({ id, deliveries }),
    markKey('mailgun', id),
  );
  return { provider: 'mailgun', id, deliveries, ids: inboundIds, key: payloadKey('mailgun', id) };
}
async function marks(storage: Storage = rig.storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.list('mailgun-incoming/unstarted/')) keys.push(key);
  return keys;
}
const noMarks = (): Promise<boolean> => until('no mark is left', async () => (await marks()).length === 0);
const inputOf = async (id: string, run = 1): Promise<unknown> => {
  const { events } = await client.workflow.getHandle(inboundWorkflowId(id, run)).fetchHistory();
  const payload = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!;
  return JSON.parse(Buffer.from(payload.data!).toString());
};
const row = (_id: string, key: string) =>
  ({ _id, provider: 'mailgun', recipient: 'x', key, state: 'received', run: 1 }) as InboundEmailRow;

test('a posted mail becomes one workflow for each recipient, and its mark is removed', async () => {
  const answer = await postForm(rig, [
    ['recipient', 'a@b.test,c@d.test'],
    ...someFields().slice(1),
    ...signature(),
  ]);
  const { id } = (await answer.json()) as { id: string };
  newStarter({ noteRepeat: untold }).add(rig.started[0]!);
  await noMarks();
  for (const { inbound_id } of rig.started[0]!.deliveries) {
    expect(await inputOf(inbound_id)).toEqual({ id: inbound_id, key: payloadKey('mailgun', id), run: 1 });
    const description = await client.workflow.getHandle(`inbound/${inbound_id}`).describe();
    expect(description).toMatchObject({
      type: 'inboundEmail',
      taskQueue: 'mail',
      status: { name: 'RUNNING' },
    });
    expect(Buffer.byteLength(JSON.stringify(await inputOf(inbound_id)))).toBeLessThan(1_024);
  }
});

test('a second start of the same run says so, while it is open and after it', async () => {
  const { inboundEmail: startRun } = createWorkflowStarts(client);
  const run = { id: hashOf(newId()), key: 'mailgun-incoming/x.json', run: 1 };
  expect(await startRun(run)).toBe('started');
  expect(await startRun(run)).toBe('already-started');
  await client.workflow.getHandle(inboundWorkflowId(run.id, 1)).terminate();
  expect(await startRun(run)).toBe('already-started');
  expect(await startRun({ ...run, run: 2 })).toBe('started');
});

test('marks that another process left are processed when they are 30 s old', async () => {
  const old = [
    await marked({ age: 90_000 }),
    await marked({ age: 60_000, recipients: 2 }),
    await marked({ age: 31_000 }),
  ];
  const young = await marked({ age: 5_000 });
  const startedKeys: string[] = [];
  newStarter({
    starts: {
      inboundEmail: async (run) => {
        startedKeys.push(run.key);
        return 'started';
      },
    },
  }).takeUpMarks();
  await until(
    'only the young mark is left',
    async () => (await marks()).join() === markKey('mailgun', young.id),
  );
  const keys = old.flatMap((post) => post.ids.map(() => post.key));
  expect(startedKeys.sort()).toEqual(keys.sort());
});

test('a mark without its payload is removed', async () => {
  const post = await marked({ age: 60_000 });
  await rig.storage.delete(post.key);
  newStarter().takeUpMarks();
  await noMarks();
});

test('a file that is not a mark, or a payload that cannot be read, does not delay other marks', async () => {
  await rig.storage.put('mailgun-incoming/unstarted/.DS_Store', 'x');
  const broken = await marked({ age: 90_000 });
  await rig.storage.put(broken.key, 'no JSON');
  await marked({ age: 60_000 });
  newStarter().takeUpMarks();
  const left = ['mailgun-incoming/unstarted/.DS_Store', markKey('mailgun', broken.id)];
  await until('the others are left', async () => (await marks()).join() === left.join());
});

test('a mark that is stored a moment before its payload is kept', async () => {
  const post = await marked({ age: 60_000 });
  const payload = await rig.storage.readAll(post.key);
  await rig.storage.delete(post.key);
  let looks = 0;
  const storage = Object.assign(Object.create(rig.storage) as Storage, {
    async readAll(key: string) {
      if (++looks === 3) await rig.storage.put(post.key, payload);
      return rig.storage.readAll(key);
    },
    list: (prefix: string) => rig.storage.list(prefix),
    delete: (key: string) => rig.storage.delete(key),
  });
  newStarter({ storage }).takeUpMarks();
  await noMarks();
  expect(await inputOf(post.ids[0]!)).toMatchObject({ key: post.key });
});

test('a process that dies between any two steps loses nothing: the next one finishes', async () => {
  const post = await marked({ age: 60_000, recipients: 2 });
  const hanging = new Promise<never>(() => {});
  // Before any start, between the two starts, and after both but before the mark is removed.
  const deaths: ((run: InboundRun) => Promise<'started' | 'already-started'>)[] = [
    () => hanging,
    (run) => (run.id === post.ids[1] ? hanging : createWorkflowStarts(client).inboundEmail(run)),
  ];
  for (const startRun of deaths) {
    let reached = false;
    const dying = newStarter({ starts: { inboundEmail: (run) => ((reached = true), startRun(run)) } });
    starters.pop();
    dying.takeUpMarks();
    await until('it has begun', () => reached);
    void dying.close();
  }
  await models.InboundEmail.insertMany(post.ids.map((id) => row(id, post.key)));
  let failed = false;
  const cannotDelete = newStarter({
    storage: new Proxy(rig.storage, {
      get: (target, name) => {
        if (name === 'delete') return async () => ((failed = true), hanging);
        const member = Reflect.get(target, name) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    }),
  });
  starters.pop();
  cannotDelete.takeUpMarks();
  await until('it wants to remove the mark', () => failed);
  void cannotDelete.close();
  expect(await marks()).toHaveLength(1);
  newStarter().takeUpMarks();
  await noMarks();
  for (const id of post.ids) expect(await inputOf(id)).toEqual({ id, key: post.key, run: 1 });
  const rows = await models.InboundEmail.find({ _id: { $in: post.ids } }).lean();
  expect(rows.map((one) => one.repeats)).toEqual([[], []]);
});

test('two starters at once start each run once', async () => {
  const posts = await Promise.all(Array.from({ length: 20 }, () => marked({ age: 60_000 })));
  await models.InboundEmail.insertMany(posts.map((post) => row(post.ids[0]!, post.key)));
  const results: string[] = [];
  const counted = async (run: InboundRun) => {
    const result = await createWorkflowStarts(client).inboundEmail(run);
    results.push(`${run.id} ${result}`);
    return result;
  };
  for (const starter of [1, 2].map(() => newStarter({ starts: { inboundEmail: counted } })))
    starter.takeUpMarks();
  await noMarks();
  const started = results.filter((result) => result.endsWith(' started'));
  expect(started.sort()).toEqual(posts.map((post) => `${post.ids[0]} started`).sort());
});

test("a repeat is written to the first mail's row, as soon as that exists", async () => {
  const first = await marked();
  const starter = newStarter();
  starter.add(first);
  await noMarks();
  const repeats = [await marked({ ids: first.ids }), await marked({ ids: first.ids })];
  let asked = 0;
  const waiting = newStarter({
    noteRepeat: (id, postId) => (asked++, createNoteRepeat(models)(id, postId)),
  });
  for (const repeat of repeats) waiting.add(repeat);
  await until('both were tried in vain', () => asked >= 4);
  expect(await marks()).toHaveLength(2);
  // The row may point to the copy of a skipped mail by now.
  await models.InboundEmail.create(row(first.ids[0]!, first.key.replace('incoming', 'skipped')));
  await noMarks();
  const noted = await models.InboundEmail.findById(first.ids[0]).lean();
  expect([...noted!.repeats].sort()).toEqual(repeats.map((repeat) => repeat.id).sort());
  await createNoteRepeat(models)(first.ids[0]!, first.id);
  expect((await models.InboundEmail.findById(first.ids[0]).lean())!.repeats).toHaveLength(2);
});

test('while MongoDB is away a repeat keeps its mark, and first posts are started nevertheless', async () => {
  const away = { ...models, connection: { readyState: 0 } } as unknown as Models;
  const first = await marked();
  const starter = newStarter({ noteRepeat: createNoteRepeat(away) });
  starter.add(first);
  await noMarks();
  const repeat = await marked({ ids: first.ids });
  const other = await marked();
  starter.add(repeat);
  starter.add(other);
  await until(
    'only the repeat is left',
    async () => (await marks()).join() === markKey('mailgun', repeat.id),
  );
});

test('a store that fails for a while is tried again', async () => {
  const post = await marked({ age: 60_000 });
  let failures = 3;
  const storage = new Proxy(rig.storage, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      if (name !== 'readAll' && name !== 'delete') return member.bind(target);
      return async (key: string) => {
        if (failures-- > 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return (member as (key: string) => unknown).call(target, key);
      };
    },
  });
  await models.InboundEmail.create(row(post.ids[0]!, post.key));
  newStarter({ storage }).takeUpMarks();
  await noMarks();
  expect(await inputOf(post.ids[0]!)).toMatchObject({ run: 1 });
  await expect(rig.storage.readAll(markKey('mailgun', post.id))).rejects.toThrow(NotStoredError);
});

test('while Temporal is away one post at a time tries a start; when it is back all are started', async () => {
  const [host, port] = temporalAddress().split(':');
  const gate = await startTcpGate({ host: host!, port: Number(port) });
  await gate.close();

  const proxied = createTemporalClient({
    address: `127.0.0.1:${gate.port}`,
    namespace: client.options.namespace,
  });
  let [atOnce, tries, failed, most] = [0, 0, 0, 0];
  const breaker = createBreaker({ engine: 'Temporal' });
  const counted = async (run: InboundRun) => {
    tries++;
    most = Math.max(most, ++atOnce);
    return createWorkflowStarts(proxied)
      .inboundEmail(run)
      .catch((error: unknown) => {
        failed++;
        throw error;
      })
      .finally(() => atOnce--);
  };
  const startRun = (run: InboundRun) => breaker.call(() => counted(run));
  const starter = newStarter({ starts: { inboundEmail: startRun }, noteRepeat: untold });
  for (let round = 0; round < 2; round++) {
    const posts = await Promise.all(Array.from({ length: 30 }, () => marked({ recipients: 2 })));
    const before = { tries, failed };
    for (const post of posts) starter.add(post);
    // The first of the eight to fail may try again while the others are still failing.
    await until('the first eight to have failed', () => failed >= before.failed + 8 && atOnce <= 1);
    most = atOnce;
    await until('another try', () => tries > before.tries + 8 && most > 0);
    expect(most).toBe(1);
    expect(await marks()).toHaveLength(30);
    await gate.open();
    await noMarks();
    for (const id of posts.flatMap((post) => post.ids)) expect(await inputOf(id)).toMatchObject({ id });
    await gate.close();
  }
  await starter.close();
  await proxied.connection.close();
}, 120_000);

test('after close nothing is started, and waiting posts keep their marks', async () => {
  const starter = newStarter({
    starts: {
      inboundEmail: async () => {
        throw new Error('away');
      },
    },
  });
  const post = await marked();
  starter.add(post);
  await starter.close();
  starter.add(await marked());
  expect(await marks()).toHaveLength(2);
});

/** Starts that only note for which posts they were. */
function notedStarts(answer: () => Promise<unknown> = () => Promise.resolve()) {
  const keys: string[] = [];
  const inboundEmail = async ({ key }: InboundRun) => {
    keys.push(key);
    await answer();
    return 'started' as const;
  };
  return { keys, starts: { inboundEmail } };
}
const slowBuckets = (mailsPerMinute: number, senderMailsPerMinute = 1_000) => ({
  config: { platformDomain: 'postroom.test', mailsPerMinute, senderMailsPerMinute },
});

test('what comes too fast for its recipient waits with its mark, and all are started in the end', async () => {
  // Two minutes' worth at once, then one every five seconds.
  const posts = await Promise.all(Array.from({ length: 25 }, () => marked()));
  const { keys, starts } = notedStarts();
  const starter = newStarter({ starts, ...slowBuckets(12) });
  for (const post of posts) starter.add(post);
  await until('all but one to be started', async () => keys.length === 24 && (await marks()).length === 1);
  await noMarks();
  expect([...keys].sort()).toEqual(posts.map(({ key }) => key).sort());
  expect(keys.at(-1)).toBe(posts.at(-1)!.key);
});

test('one sender who writes too fast holds up no other, and a restart loses nothing', async () => {
  const posts = await Promise.all(Array.from({ length: 3 }, () => marked({ age: 60_000 })));
  const others = await Promise.all([marked(), marked()]);
  const { keys, starts } = notedStarts();
  const starter = newStarter({ starts, ...slowBuckets(1_000, 1) });
  for (const post of posts) starter.add({ ...post, sender_hash: 'one' });
  for (const [n, post] of others.entries()) starter.add({ ...post, sender_hash: `other ${n}` });
  await until('the others to be started', async () => keys.length === 4 && (await marks()).length === 1);
  expect(keys).not.toContain(posts[2]!.key);
  await starter.close();
  expect(await marks()).toEqual([markKey('mailgun', posts[2]!.id)]);
  newStarter({ starts, ...slowBuckets(1_000, 1) }).takeUpMarks();
  await noMarks();
  expect(keys.at(-1)).toBe(posts[2]!.key);
});

test('a post behind many for another recipient is started after one of those', async () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const { keys, starts } = notedStarts(() => opened);
  const starter = newStarter({ starts });
  const many = await Promise.all(Array.from({ length: 30 }, () => marked()));
  const other = await marked();
  other.deliveries[0]!.recipient = 'orders@other.test';
  for (const post of [...many, other]) starter.add(post);
  await until('the first to have begun', () => keys.length === 8);
  open();
  await noMarks();
  expect(keys.indexOf(other.key)).toBeLessThan(10);
});
