import fc from 'fast-check';
import { combined, filterOfView, narrowed } from '../../dashboard/features/inbox/filters.ts';
import { arrange, besideOf, between } from '../../dashboard/features/inbox/order.ts';
import { narrowingIn, wholeQuery, withNarrowing } from '../../dashboard/features/inbox/viewQuery.ts';
import { flat } from '../../dashboard/lib/countTable.ts';
import { fits } from '../../dashboard/lib/fits.ts';
import { withFirst } from '../../dashboard/lib/mergePages.ts';
import { staleAfter, threadsIn } from '../../dashboard/lib/react.ts';

const rows = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (of: readonly { id: string }[]) => of.map(({ id }) => id);

describe('the order in which rows are shown', () => {
  test('is that of the server while nobody is about to click', () => {
    const shown = arrange(rows('a', 'b'), rows('c', 'b'), false);
    expect([ids(shown.rows), shown.gone.size, shown.waiting]).toEqual([['c', 'b'], 0, 0]);
  });

  test('stays while the list is held: new rows wait, those that left stay in their place', () => {
    const shown = arrange(rows('a', 'b', 'c'), rows('new', 'c', 'a', 'next page'), true);
    expect(ids(shown.rows)).toEqual(['a', 'b', 'c', 'next page']);
    expect([...shown.gone]).toEqual(['b']);
    expect(shown.waiting).toBe(1);
  });

  test('a held list never moves a row, whatever comes', () => {
    const list = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { minLength: 1 });
    fc.assert(
      fc.property(list, list, (before, fresh) => {
        const shown = arrange(rows(...before), rows(...fresh), true);
        expect(ids(shown.rows).slice(0, before.length)).toEqual(before);
        expect(new Set(ids(shown.rows)).size).toBe(shown.rows.length);
      }),
    );
  });

  test('a range goes from the row that was chosen before, in either direction', () => {
    expect(between(['a', 'b', 'c', 'd'], 'c', 'a')).toEqual(['a', 'b', 'c']);
    expect(between(['a', 'b'], null, 'b')).toEqual(['b']);
    expect(between(['a', 'b'], 'gone', 'b')).toEqual(['b']);
  });
});

const thread = {
  kind: 'ticket',
  status: 'open',
  agent_id: null,
  spam: false,
  deleted_at: null,
  snoozed_until: null,
  tags: ['size'],
  priority: 'normal',
} as const;

describe('whether a thread belongs into a list', () => {
  const inbox = filterOfView('inbox').filter;
  const me = 'dana';

  test('the inbox: open, and mine or nobody’s or my personal ones', () => {
    expect(fits({ ...thread, tags: [] }, inbox, me)).toBe(true);
    expect(fits({ ...thread, tags: [], agent_id: me }, inbox, me)).toBe(true);
    expect(fits({ ...thread, tags: [], agent_id: 'bo' }, inbox, me)).toBe(false);
    expect(fits({ ...thread, tags: [], agent_id: 'bo', owner_id: me }, inbox, me)).toBe(true);
    expect(fits({ ...thread, tags: [], status: 'closed' }, inbox, me)).toBe(false);
  });

  test.each([
    ['closed', { status: 'closed' }],
    ['spam', { spam: true }],
    ['trash', { deleted_at: '2026-11-01T10:00:00Z' }],
    ['snoozed', { snoozed_until: '2026-12-01T10:00:00Z' }],
    ['tag:size', {}],
  ] as const)('what is %s is in that list, and a plain thread only in that of its tag', (view, change) => {
    const { filter } = filterOfView(view);
    expect(fits({ ...thread, tags: [...thread.tags], ...change }, filter, me)).toBe(true);
    expect(fits({ ...thread, tags: [...thread.tags] }, filter, me)).toBe(view === 'tag:size');
    if (view !== 'tag:size') expect(fits({ ...thread, tags: [], ...change }, inbox, me)).toBe(false);
  });

  test('spam in the trash is in the trash', () => {
    const { filter } = filterOfView('trash');
    expect(fits({ ...thread, tags: [], spam: true, deleted_at: '2026-11-01T10:00:00Z' }, filter, me)).toBe(
      true,
    );
  });
});

test('what narrows a list counts before what the view asks for; the view stays', () => {
  const all = filterOfView('all').filter;
  expect(combined(all, { status: 'closed', tag: 'size', sort: 'created_at' })).toEqual({
    status: 'closed',
    tag: 'size',
  });
  expect(all).toEqual({ status: 'open,pending' });
  expect([narrowed({}), narrowed({ sort: 'created_at' }), narrowed({ unread: 'true' })]).toEqual([
    false,
    false,
    true,
  ]);
  expect(filterOfView('view:7', '-priority')).toEqual({ filter: { view: '7' }, sort: '-priority' });
});

test('counts of views and tags stand beside those of the fixed lists', () => {
  const one = { total: 3, unread: 1 };
  expect(flat({ inbox: one, views: { v1: one }, tags: { size: 2 }, tickets: { open: 5 } })).toEqual({
    inbox: one,
    'view:v1': one,
    'tag:size': { total: 2, unread: 0 },
  });
});

test('an event makes stale what shows its row, and nothing of other threads', () => {
  const events = [
    { type: 'ticket.message_created', data: { id: 'm1', ticket_id: 't1' } },
    { type: 'ticket.message_created', data: { id: 'm2', ticket_id: 't1' } },
    { type: 'notification.created', data: { id: 'n1' } },
  ];
  const stale = staleAfter('w', events);
  expect(stale).toContainEqual(['w', 'w', 'messages', 'ticket', 't1']);
  expect(threadsIn(events)).toEqual([{ kind: 'ticket', id: 't1' }]);
  expect(stale).toContainEqual(['w', 'w', 'notifications']);
  expect(stale).toHaveLength(new Set(stale.map((key) => key.join())).size);
  const presence = [{ type: 'thread.presence', data: { ticket_id: 't1' } }];
  expect([...staleAfter('w', presence), ...threadsIn(presence)]).toEqual([]);
});

describe('a list whose first page is read again', () => {
  const row = (id: string, at: number) => ({
    id,
    priority: 'normal',
    last_message_at: `2026-11-29T10:${String(at).padStart(2, '0')}:00Z`,
    created_at: '2026-11-29T09:00:00Z',
    waiting_since: null,
  });
  const page = (rows: ReturnType<typeof row>[], next_cursor: string | null) => ({ data: rows, next_cursor });
  const pages = [page([row('a', 9), row('b', 8)], 'after b'), page([row('c', 7), row('d', 6)], 'after d')];
  const shown = (of: { data: { id: string }[] }[]) => of.flatMap(({ data }) => data.map(({ id }) => id));

  test('keeps what was pushed behind it, and the place where it goes on', () => {
    const next = withFirst(pages, page([row('new', 10), row('a', 9)], 'after a'), '-last_message_at');
    expect(shown(next)).toEqual(['new', 'a', 'b', 'c', 'd']);
    expect(next.at(-1)?.next_cursor).toBe('after d');
  });

  test('loses what should stand in it and does not', () => {
    const next = withFirst(pages, page([row('b', 8), row('c', 7)], 'after c'), '-last_message_at');
    expect(shown(next)).toEqual(['b', 'c', 'd']);
  });

  test('is the whole list when there are no more', () => {
    expect(shown(withFirst(pages, page([row('d', 6)], null), '-last_message_at'))).toEqual(['d']);
  });

  test('never shows a row twice', () => {
    const some = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 2 });
    const listOf = (numbers: number[]) => numbers.sort((a, b) => b - a).map((n) => row(String(n), n));
    fc.assert(
      fc.property(some, some, (before, fresh) => {
        const rowsBefore = listOf(before);
        const pagesBefore = [page(rowsBefore.slice(0, 1), 'x'), page(rowsBefore.slice(1), 'y')];
        const all = shown(withFirst(pagesBefore, page(listOf(fresh), 'z'), '-last_message_at'));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

test('the next row is the one in the place of a row that a colleague took away', () => {
  const rowsLeft = ['a', 'c'];
  const left = { at: -1, place: 1 };
  expect([rowsLeft[besideOf(left, 1)], rowsLeft[besideOf(left, -1)]]).toEqual(['c', 'a']);
  expect(besideOf({ at: 1, place: 1 }, -1)).toBe(0);
});

test('a saved view has what its list was narrowed by; each of its alternatives has it', () => {
  const inbox = filterOfView('inbox').filter;
  expect(wholeQuery(inbox, { tag: 'size' })).toEqual([{ ...inbox, tag: 'size' }]);
  const any = [{ status: 'open' }, { priority: 'urgent' }];
  expect(withNarrowing(any, { unread: 'true' })).toEqual([
    { status: 'open', unread: 'true' },
    { priority: 'urgent', unread: 'true' },
  ]);
  expect(narrowingIn({ tag: 'size', sort: '-created_at' })).toEqual({ tag: 'size' });
});
