import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { newId } from '../../src/lib/ids.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Result {
  id: string;
  status: number;
  row: Record<string, unknown> | null;
  problem: Record<string, unknown> | null;
}
const ask = (body: object, headers = {}) =>
  answerOf(world.post('/threads/bulk', world.tokens.max, body, headers));
const resultsOf = async (body: object, headers = {}) =>
  ((await ask(body, headers)).body as unknown as { results: Result[] }).results;
const ticket = async (row: Partial<ThreadRow> = {}) => ({
  kind: 'ticket' as const,
  id: (await rows.ticket(world.models, row))._id,
});
const rowOf = (id: string) => world.models.Ticket.findById(id).orFail().lean<ThreadRow>();

describe('threads/bulk', () => {
  test('changes each thread, and says of each what became of it', async () => {
    const [first, second] = [await ticket(), await ticket({ status: 'closed' })];
    const shared = await rows.conversation(world.models, {});
    const personal = await rows.conversation(world.models, { audience: 'owner:dana', owner_id: 'dana' });
    const foreign = await rows.ticket(world.models, { workspace_id: 'other' });
    const threads = [
      first,
      { kind: 'conversation', id: personal._id },
      { kind: 'conversation', id: shared._id },
      { kind: 'ticket', id: foreign._id },
      second,
    ];
    const results = await resultsOf({ threads, change: { status: 'closed', tags: ['a'] } });
    expect(results.map(({ id, status }) => [id, status])).toEqual(
      threads.map(({ id }, n) => [id, n === 1 || n === 3 ? 404 : 200]),
    );
    expect(results[0]!.row).toMatchObject({ id: first.id, kind: 'ticket', status: 'closed', tags: ['a'] });
    expect(results[2]!.row).toMatchObject({ id: shared._id, kind: 'conversation', status: 'closed' });
    expect(results[1]).toMatchObject({ row: null, problem: { status: 404, title: 'Not Found' } });
    expect((await rowOf(second.id)).changes).toBe(1);
  });

  test('refuses a change for one thread and not for the others', async () => {
    const own = await rows.conversation(world.models, {
      audience: 'owner:max',
      owner_id: 'max',
      agent_id: 'max',
    });
    const threads = [{ kind: 'conversation', id: own._id }, await ticket()];
    const results = await resultsOf({ threads, change: { agent_id: 'dana' } });
    expect(results.map(({ status }) => status)).toEqual([422, 200]);
    expect(results[0]!.problem).toMatchObject({ errors: [{ field: 'agent_id' }] });
  });

  test('trashes, restores, marks as spam, read and unread', async () => {
    const threads = [await ticket(), await ticket()];
    const rowsAfter = async (act: string) => {
      expect((await resultsOf({ threads, act })).map(({ status }) => status)).toEqual([200, 200]);
      return Promise.all(threads.map(({ id }) => rowOf(id)));
    };
    for (const row of await rowsAfter('read')) expect(row.read_by).toEqual(['max']);
    for (const row of await rowsAfter('unread')) expect(row.read_by).toEqual([]);
    for (const row of await rowsAfter('trash')) expect(row.hidden).toBe('trash');
    expect((await resultsOf({ threads, act: 'trash' })).map(({ status }) => status)).toEqual([404, 404]);
    for (const row of await rowsAfter('restore')) expect(row.hidden).toBeNull();
    for (const row of await rowsAfter('spam')) expect([row.spam, row.hidden]).toEqual([true, 'spam']);
  });

  test('takes a hundred, and is repeated with its key', async () => {
    const threads = await Promise.all(Array.from({ length: 100 }, () => ticket()));
    const headers = { 'idempotency-key': newId() };
    const results = await resultsOf({ threads, change: { priority: 'high' } }, headers);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await resultsOf({ threads, change: { priority: 'high' } }, headers)).toEqual(results);
    expect(await faultsOf(ask({ threads: [...threads, await ticket()], act: 'read' }))).toEqual([
      422,
      'threads',
    ]);
  });

  test.each<[object, string]>([
    [{ threads: [], act: 'read' }, 'threads'],
    [{ threads: [{ kind: 'ticket', id: 'x' }] }, 'change'],
    [{ threads: [{ kind: 'x', id: 'x' }], act: 'read' }, 'threads.0.kind'],
    [{ threads: [{ kind: 'ticket', id: 'x' }], act: 'delete' }, 'act'],
    [{ threads: [{ kind: 'ticket', id: 'x' }], change: { status: 'x' } }, 'change.status'],
  ])('%j is 422', async (body, field) => {
    expect(await faultsOf(ask(body))).toEqual([422, field]);
  });
});

test('tags are counted over what the user may see, most frequent first', async () => {
  await world.models.Ticket.deleteMany({});
  await world.models.Conversation.deleteMany({});
  await ticket({ tags: ['vip', 'order'] });
  await ticket({ tags: ['order'] });
  await ticket({ tags: ['gone'], hidden: 'trash' });
  await ticket({ tags: ['foreign'], workspace_id: 'other' });
  await rows.conversation(world.models, { tags: ['order', 'alpha'] });
  await rows.conversation(world.models, { tags: ['secret'], audience: 'owner:dana', owner_id: 'dana' });
  const { body } = await answerOf(world.get('/tags', world.tokens.max));
  expect(body.data).toEqual([
    { tag: 'order', count: 3 },
    { tag: 'alpha', count: 1 },
    { tag: 'vip', count: 1 },
  ]);
});
