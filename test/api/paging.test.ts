import { HOUR_MS } from '../../src/lib/time.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Page {
  data: { id: string }[];
  next_cursor: string | null;
}
const page = async (path: string): Promise<Page> =>
  (await (await world.get(path, world.tokens.max)).json()) as Page;

async function walk(path: string, limit: number): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  for (let cursor: string | null = ''; cursor !== null; pages += 1) {
    const next: Page = await page(
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    ids.push(...next.data.map((row) => row.id));
    cursor = next.next_cursor;
  }
  return { ids, pages };
}

test('pages over rows of one millisecond miss none and repeat none, newest first', async () => {
  for (let i = 0; i < 23; i += 1) {
    // 0-2 then all of 3-19 in one millisecond, then 20-22.
    const created_at = new Date(T0.getTime() + Math.min(Math.max(i, 3), 19) * 1000);
    await rows.contact(world.models, { _id: `c${String(i).padStart(2, '0')}`, created_at });
  }
  const all = await world.models.Contact.find({ workspace_id: 'acme' })
    .sort({ created_at: -1, _id: -1 })
    .lean();
  for (const limit of [1, 4, 5, 23, 100]) {
    const { ids, pages } = await walk('/contacts', limit);
    expect(ids).toEqual(all.map((row) => row._id));
    expect(pages).toBe(Math.ceil(23 / limit));
  }
});

test('rows that lie far apart in time are all found, by lists of threads as well', async () => {
  const HOURS = [-1, 0, 0.5, 1, 5.9, 6, 6.1, 7, 40, 41, 500, 501, 502, 9_000, 90_000];
  for (const [index, hours] of HOURS.entries()) {
    const at = new Date(Date.now() - hours * HOUR_MS);
    const _id = `far${String(index).padStart(2, '0')}`;
    await rows.contact(world.models, { _id, created_at: at });
    await rows.ticket(world.models, { _id, created_at: at, last_message_at: at });
  }
  const far = (ids: string[]) => ids.filter((id) => id.startsWith('far'));
  const newestFirst = HOURS.map((_, index) => `far${String(index).padStart(2, '0')}`);
  for (const limit of [1, 4, 100]) {
    expect(far((await walk('/contacts', limit)).ids)).toEqual(newestFirst);
    expect(far((await walk('/tickets', limit)).ids)).toEqual(newestFirst);
    expect(far((await walk('/tickets?sort=last_message_at', limit)).ids)).toEqual(newestFirst.toReversed());
  }
});

test('messages come oldest first; a new row does not shift later pages', async () => {
  const ticket = await rows.ticket(world.models, {});
  for (let i = 0; i < 7; i += 1) {
    const created_at = new Date(T0.getTime() + (i >> 1));
    await rows.message(world.models, { _id: `m${i}`, thread_id: ticket._id, created_at });
  }
  const list = `/tickets/${ticket._id}/messages`;
  expect((await walk(list, 3)).ids).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  const first = await page(`${list}?limit=3`);
  await rows.message(world.models, {
    _id: 'm7',
    thread_id: ticket._id,
    created_at: new Date(T0.getTime() - 1),
  });
  const second = await page(`${list}?limit=3&cursor=${first.next_cursor}`);
  expect(second.data.map((row) => row.id)).toEqual(['m3', 'm4', 'm5']);
});

describe('messages', () => {
  const ids = (answer: Page) => answer.data.map((row) => row.id).join(' ');
  interface BothWays extends Page {
    previous_cursor: string | null;
  }
  let list: string;
  const read = async (query: string) => (await page(`${list}?${query}`)) as BothWays;

  beforeAll(async () => {
    const ticket = await rows.ticket(world.models, {});
    list = `/tickets/${ticket._id}/messages`;
    for (let i = 0; i < 9; i += 1)
      await rows.message(world.models, {
        _id: `w${i}`,
        thread_id: ticket._id,
        // Three of one millisecond.
        created_at: new Date(T0.getTime() + Math.floor(i / 3)),
      });
  });

  test('are read from the newest back to the first, and forward again', async () => {
    const last = await read('newest=true&limit=4');
    expect([ids(last), last.next_cursor]).toEqual(['w5 w6 w7 w8', null]);
    const before = await read(`limit=4&cursor=${last.previous_cursor}`);
    expect(ids(before)).toBe('w1 w2 w3 w4');
    const first = await read(`limit=4&cursor=${before.previous_cursor}`);
    expect([ids(first), first.previous_cursor]).toEqual(['w0', null]);
    expect(ids(await read(`limit=4&cursor=${first.next_cursor}`))).toBe('w1 w2 w3 w4');
    expect(ids(await read(`limit=4&cursor=${before.next_cursor}`))).toBe('w5 w6 w7 w8');
    expect(await read('newest=true&limit=9')).toMatchObject({ previous_cursor: null, next_cursor: null });
  });

  test('are read around one of them', async () => {
    const middle = await read('around=w4&limit=5');
    expect(ids(middle)).toBe('w2 w3 w4 w5 w6');
    expect(ids(await read(`limit=5&cursor=${middle.previous_cursor}`))).toBe('w0 w1');
    expect(ids(await read(`limit=5&cursor=${middle.next_cursor}`))).toBe('w7 w8');
    const atStart = await read('around=w0&limit=3');
    expect([ids(atStart), atStart.previous_cursor]).toEqual(['w0 w1 w2', null]);
    const atEnd = await read('around=w8&limit=4');
    expect([ids(atEnd), atEnd.next_cursor]).toEqual(['w6 w7 w8', null]);
    expect(ids(await read('around=w3&limit=1'))).toBe('w3');
    const other = await rows.message(world.models, { thread_id: 'another' });
    expect((await world.get(`${list}?around=${other._id}`, world.tokens.max)).status).toBe(404);
  });

  test('are read from one place only', async () => {
    for (const query of ['around=w3&newest=true', 'newest=false', 'cursor=WzEsImEiXQ', 'around=w1&around=w2'])
      expect([query, (await world.get(`${list}?${query}`, world.tokens.max)).status]).toEqual([query, 422]);
  });
});

test('a page of messages ends when it gets too large, and the next one continues after it', async () => {
  const ticket = await rows.ticket(world.models, {});
  for (let i = 0; i < 7; i += 1) {
    await rows.message(world.models, {
      _id: `big${i}`,
      thread_id: ticket._id,
      text: 'x'.repeat(2 << 20),
      html: 'y'.repeat(2 << 20),
    });
  }
  const { ids, pages } = await walk(`/tickets/${ticket._id}/messages`, 100);
  expect(ids).toEqual(['big0', 'big1', 'big2', 'big3', 'big4', 'big5', 'big6']);
  expect(pages).toBe(3);
});

test('a new list is empty; the default is 50 rows', async () => {
  expect(await page('/conversations')).toEqual({ data: [], next_cursor: null });
  for (let i = 0; i < 51; i += 1) await rows.conversation(world.models, {});
  const first = await page('/conversations');
  expect(first.data).toHaveLength(50);
  expect((await page(`/conversations?cursor=${first.next_cursor}`)).data).toHaveLength(1);
});

const bad = [
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['limit=', 'limit'],
  ['cursor=', 'cursor'],
  ['cursor=xyz', 'cursor'],
  [`cursor=${Buffer.from('[1e300,"a"]').toString('base64url')}`, 'cursor'],
  [`cursor=${Buffer.from('[1,{"$gt":""}]').toString('base64url')}`, 'cursor'],
  ['status=done', 'status'],
  ['state=open', 'state'],
  ['limit[$gt]=1', 'limit[$gt]'],
] as const;
test.each(bad)('?%s is 422 and names the field', async (query, field) => {
  const answer = await world.get(`/tickets?${query}`, world.tokens.max);
  expect(answer.status).toBe(422);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await answer.json()) as { errors: { field: string }[] };
  expect(problem).toMatchObject({ type: 'about:blank', title: 'Unprocessable Entity', status: 422 });
  expect(problem.errors.map((error) => error.field)).toEqual([field]);
});

test('inbound emails are filtered by state, page by page', async () => {
  for (const state of ['held', 'failed', 'held', 'routed', 'held'] as const)
    await rows.inboundEmail(world.models, { state });
  expect((await walk('/inbound-emails', 2)).ids).toHaveLength(5);
  const held: Page[] = [await page('/inbound-emails?state=held&limit=2')];
  held.push(await page(`/inbound-emails?state=held&limit=2&cursor=${held[0]?.next_cursor}`));
  expect(held.flatMap((next) => next.data)).toHaveLength(3);
  expect((await world.get('/inbound-emails?state=lost', world.tokens.max)).status).toBe(422);
});
