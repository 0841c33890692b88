import type { ConversationRow, TicketRow } from '../../src/infra/models/index.ts';
import { createWorld, rows, T0, type World } from './world.ts';

interface Page {
  data: { id: string; kind: string }[];
  next_cursor: string | null;
  errors?: { field: string; message: string }[];
}
type User = 'dana' | 'max' | 'olga';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seed();
});
afterAll(() => world[Symbol.asyncDispose]());

const minute = (count: number) => new Date(T0.getTime() + count * 60_000);
const page = async (path: string, user: User = 'dana'): Promise<Page> =>
  (await (await world.get(path, world.tokens[user])).json()) as Page;
/** Ids in all pages of a list. */
async function idsOf(path: string, user: User = 'dana', limit = 3): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const next: Page = await page(`${path}&limit=${limit}${cursor && `&cursor=${cursor}`}`, user);
    ids.push(...next.data.map(({ id }) => id));
    cursor = next.next_cursor;
  }
  return ids;
}

/**
 * Tickets t0 to t5 and shared conversations s0 to s2, and personal ones of Dana (d0, d1) and Max (m0). Of
 * one ticket and one conversation each, creation and last message have the same time.
 */
async function seed(): Promise<void> {
  const { models } = world;
  const tickets: Partial<TicketRow>[] = [
    { status: 'open', waiting_since: minute(5), priority: 'urgent', agent_id: 'dana', tags: ['vip'] },
    { status: 'pending', priority: 'low', agent_id: 'max', workspace_email_id: 'support' },
    { status: 'closed', closed_at: minute(50), agent_id: 'dana', workspace_email_id: 'billing' },
    { status: 'open', waiting_since: minute(4), tags: ['vip', 'new'], read_by: ['dana'] },
    { status: 'open', snoozed_until: minute(9_000), read_by: ['max'] },
    { status: 'open', spam: true, hidden: 'spam' },
  ];
  for (const [n, row] of tickets.entries())
    await rows.ticket(models, { _id: `t${n}`, ...timesOf(n), ...ranked(row) });
  const conversations: Partial<ConversationRow>[] = [
    { _id: 's0', ...timesOf(0), status: 'open', priority: 'high', waiting_since: minute(6) },
    { _id: 's1', ...timesOf(7), status: 'closed', closed_at: minute(60) },
    { _id: 's2', ...timesOf(8), status: 'open', agent_id: 'max' },
    { _id: 'd0', ...timesOf(3), ...personal('dana'), status: 'open', waiting_since: minute(3) },
    { _id: 'd1', ...timesOf(10), ...personal('dana'), status: 'pending' },
    { _id: 'm0', ...timesOf(11), ...personal('max'), status: 'open' },
  ];
  for (const row of conversations) await rows.conversation(models, ranked(row));
  await rows.ticket(models, { _id: 'foreign', workspace_id: 'other' });
}
const personal = (user: string) => ({ audience: `owner:${user}`, owner_id: user, agent_id: user });
const timesOf = (n: number) => ({ created_at: minute(n), last_message_at: minute(100 - n) });
const ranked = <Row extends Partial<TicketRow> | Partial<ConversationRow>>(row: Row): Row => ({
  ...row,
  priority_rank: ['low', 'normal', 'high', 'urgent'].indexOf(row.priority ?? 'normal'),
});

test.each([
  ['-created_at', 'd1 s2 s1 t3 d0 t2 t1 t0 s0'],
  ['created_at', 's0 t0 t1 t2 d0 t3 s1 s2 d1'],
  ['-last_message_at', 't0 s0 t1 t2 t3 d0 s1 s2 d1'],
  ['last_message_at', 'd1 s2 s1 d0 t3 t2 t1 s0 t0'],
  ['-waiting_since', 's0 t0 t3 d0'],
  ['waiting_since', 'd0 t3 t0 s0'],
  ['-priority', 't0 s0 t2 t3 d0 s1 s2 d1 t1'],
  ['priority', 't1 d1 s2 s1 d0 t3 t2 s0 t0'],
])('all threads in the order %s, page by page', async (sort, ids) => {
  for (const limit of [1, 2, 5, 50])
    expect(await idsOf(`/threads?sort=${sort}`, 'dana', limit)).toEqual(ids.split(' '));
});

test.each([
  ['', 'd1 s2 s1 t3 d0 t2 t1 t0 s0'],
  ['snoozed=any', 'd1 s2 s1 t4 t3 d0 t2 t1 t0 s0'],
  ['snoozed=true', 't4'],
  ['kind=ticket', 't3 t2 t1 t0'],
  ['kind=conversation,ticket&status=pending', 'd1 t1'],
  ['status=closed,pending', 'd1 s1 t2 t1'],
  ['priority=high,urgent', 't0 s0'],
  ['agent_id=me', 'd1 d0 t2 t0'],
  ['agent_id=none', 's1 t3 s0'],
  ['agent_id=max,none', 's2 s1 t3 t1 s0'],
  ['workspace_email_id=support,billing', 't2 t1'],
  ['tag=vip', 't3 t0'],
  ['tag=NEW,other', 't3'],
  ['unread=false', 't3'],
  ['unread=true&kind=ticket', 't2 t1 t0'],
  ['waiting=true', 't3 d0 t0 s0'],
  ['inbox=true', 't3 d0 t0 s0'],
  ['inbox=true&agent_id=me', 'd0 t0'],
  ['inbox=true&status=closed', ''],
  ['personal=true', 'd1 d0'],
  ['personal=false&kind=conversation', 's2 s1 s0'],
  [`created_after=${minute(7).toISOString()}`, 'd1 s2 s1'],
  [`created_after=${minute(1).toISOString()}&created_before=${minute(3).toISOString()}`, 't2 t1'],
  [`closed_after=${minute(55).toISOString()}`, 's1'],
  [`closed_before=${minute(55).toISOString()}`, 't2'],
  ['spam=true', 't5'],
])('threads with %s', async (filter, ids) => {
  expect(await idsOf(`/threads?${filter}`)).toEqual(ids.split(' ').filter(Boolean));
});

test('each user sees their own personal ones', async () => {
  expect(await idsOf('/threads?personal=true', 'max')).toEqual(['m0']);
  expect(await idsOf('/threads?', 'olga')).toEqual(['s2', 's1', 't3', 't2', 't1', 't0', 's0']);
  expect(await idsOf('/threads?unread=false&snoozed=any', 'max')).toEqual(['t4']);
});

test('the lists of one kind have the same orders and filters, and show what is snoozed', async () => {
  expect(await idsOf('/tickets?sort=-waiting_since')).toEqual(['t0', 't3']);
  expect(await idsOf('/tickets?status=open')).toEqual(['t4', 't3', 't0']);
  expect(await idsOf('/conversations?sort=-priority&personal=false')).toEqual(['s0', 's1', 's2']);
});

describe('a saved view', () => {
  const GROUPS = [{ agent_id: 'me' }, { tag: 'vip' }, { kind: 'conversation', agent_id: 'none' }];
  const save = async (any: object[], more: object = {}): Promise<string> => {
    const answer = await world.post('/views', world.tokens.dana, { name: 'V', query: { any }, ...more });
    return ((await answer.json()) as { id: string }).id;
  };

  test('lists once what matches one of its groups, in its order, page by page', async () => {
    const id = await save(GROUPS, { sort: 'created_at' });
    for (const limit of [1, 2, 5, 50])
      expect(await idsOf(`/threads?view=${id}`, 'dana', limit)).toEqual('s0 t0 t2 d0 t3 s1 d1'.split(' '));
  });

  test('is narrowed by the other parameters, and has the order that is asked for', async () => {
    const id = await save(GROUPS, { sort: 'created_at' });
    for (const [more, ids] of [
      ['status=open', 's0 t0 d0 t3'],
      ['agent_id=none', 's0 t3 s1'],
      ['kind=ticket', 't0 t2 t3'],
      ['personal=true', 'd0 d1'],
      ['sort=-priority', 't0 s0 t2 t3 d0 s1 d1'],
    ])
      expect([more, await idsOf(`/threads?view=${id}&${more}`)]).toEqual([more, ids!.split(' ')]);
    expect(await idsOf(`/tickets?view=${id}`)).toEqual(['t0', 't2', 't3']);
  });

  test('decides about spam and snoozed threads, unless a parameter does', async () => {
    const spam = await save([{ spam: 'true' }]);
    expect(await idsOf(`/threads?view=${spam}`)).toEqual(['t5']);
    expect(await idsOf(`/threads?view=${spam}&spam=false`)).not.toContain('t5');
    const open = await save([{ status: 'open', kind: 'ticket' }]);
    const snoozed = await save([{ status: 'open', kind: 'ticket', snoozed: 'true' }]);
    expect((await idsOf(`/threads?view=${open}`)).sort()).toEqual(['t0', 't3']);
    expect((await idsOf(`/tickets?view=${open}&snoozed=any`)).sort()).toEqual(['t0', 't3', 't4']);
    expect(await idsOf(`/threads?view=${snoozed}`)).toEqual(['t4']);
  });

  test('that is shared means whoever asks; anybody else’s is 404', async () => {
    const shared = await save(GROUPS, { sort: 'created_at', shared: true });
    const own = await save(GROUPS);
    expect(await idsOf(`/threads?view=${shared}`, 'max')).toEqual('s0 t0 t1 t3 s1 s2 m0'.split(' '));
    const foreign = {
      _id: 'foreign',
      workspace_id: 'other',
      audience: 'shared',
      name: 'F',
      sort: 'created_at',
    };
    await world.models.SavedView.create({ ...foreign, any: [{}], created_at: T0, updated_at: T0 });
    for (const [id, user] of [
      [own, 'max'],
      ['foreign', 'dana'],
      ['unknown', 'dana'],
    ] as const)
      for (const list of ['threads', 'tickets', 'conversations'])
        expect((await world.get(`/${list}?view=${id}`, world.tokens[user])).status).toBe(404);
  });

  test('has cursors of its own order', async () => {
    const id = await save(GROUPS, { sort: 'created_at' });
    const { next_cursor } = await page(`/threads?view=${id}&limit=2`);
    const other = await world.get(
      `/threads?view=${id}&sort=-created_at&cursor=${next_cursor}`,
      world.tokens.dana,
    );
    expect(other.status).toBe(422);
  });

  test('with a group that is not understood any more leaves that group out', async () => {
    const id = await save([{ tag: 'vip' }], { sort: 'created_at' });
    await world.models.SavedView.updateOne({ _id: id }, { $push: { any: { colour: 'red' } } });
    expect(await idsOf(`/threads?view=${id}`)).toEqual(['t0', 't3']);
  });
});

test('rows say of which kind they are', async () => {
  const { data } = await page('/threads?limit=4');
  expect(data.map(({ kind }) => kind)).toEqual(['conversation', 'conversation', 'conversation', 'ticket']);
});

test.each([
  ['sort=subject', 'sort'],
  ['status=open,done', 'status'],
  ['status=', 'status'],
  ['status=open&status=closed', 'status'],
  ['tag=a,,b', 'tag'],
  ['kind=mail', 'kind'],
  ['inbox=false', 'inbox'],
  ['created_after=yesterday', 'created_after'],
  ['cursor=xyz', 'cursor'],
  [`tag=${Array.from({ length: 51 }, (_, n) => n).join(',')}`, 'tag'],
])('?%s is 422', async (query, field) => {
  const answer = await world.get(`/threads?${query}`, world.tokens.dana);
  const { errors } = (await answer.json()) as Page;
  expect([answer.status, errors?.map((error) => error.field)]).toEqual([422, [field]]);
});

test('a cursor is of one order', async () => {
  const { next_cursor } = await page('/threads?limit=2');
  for (const sort of ['created_at', '-last_message_at', '-priority']) {
    const asked = world.get(`/threads?sort=${sort}&cursor=${next_cursor}`, world.tokens.dana);
    const answer = await asked;
    const { errors } = (await answer.json()) as Page;
    expect([answer.status, errors?.[0]?.field]).toEqual([422, 'cursor']);
  }
});
