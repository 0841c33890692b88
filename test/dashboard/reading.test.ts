import { firstUnread, openAtFirst } from '../../dashboard/features/thread/reading.ts';
import { folded, timeline } from '../../dashboard/features/thread/timeline.ts';
import { message } from './message.ts';

const customer = (id: string) => message({ id });
const mine = (id: string) => message({ id, direction: 'outbound', author_id: 'me' });
const reader = { unread: true, me: 'me', lastSeen: null };

describe('where reading begins', () => {
  test('at what came after my own last word', () => {
    const messages = [customer('a'), mine('b'), customer('c'), customer('d')];
    expect(firstUnread(messages, reader)).toBe('c');
  });

  test('at what came after what this browser has seen', () => {
    const messages = [customer('a'), mine('b'), customer('c'), customer('d')];
    expect(firstUnread(messages, { ...reader, lastSeen: 'c' })).toBe('d');
  });

  test('at the beginning where nothing was read', () => {
    expect(firstUnread([customer('a'), customer('b')], reader)).toBe('a');
  });

  test('at the last of somebody else where the thread was marked as unread by hand', () => {
    expect(firstUnread([customer('a'), mine('b')], { ...reader, lastSeen: 'b' })).toBe('a');
  });

  test('nowhere without news', () => {
    expect(firstUnread([customer('a')], { ...reader, unread: false })).toBeNull();
    expect(firstUnread([], reader)).toBeNull();
    expect(firstUnread([mine('a')], reader)).toBeNull();
  });
});

describe('what is open at first', () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map(customer);

  test('the unread, one before them, and never the older ones', () => {
    expect([...openAtFirst(all, 'd')]).toEqual(['c', 'd', 'e']);
  });

  test('without unread ones the newest and the one before it', () => {
    expect([...openAtFirst(all, null)]).toEqual(['d', 'e']);
  });

  test('an answer that has not arrived wants to be seen, however old', () => {
    const failed = message({ id: 'x', direction: 'outbound', state: 'failed' });
    expect(openAtFirst([failed, ...all], null).has('x')).toBe(true);
  });
});

describe('the order of messages and history', () => {
  const at = (minute: number) => `2026-11-29T10:0${minute}:00.000Z`;
  const messages = [1, 3, 5].map((minute) => message({ id: `m${minute}`, created_at: at(minute) }));
  const changes = [0, 3, 4].map((minute) => ({ id: `c${minute}`, at: at(minute) }));

  test('is that of time, the message before the change of the same moment', () => {
    const ids = timeline(messages, changes, true).map(({ id }) => id);
    expect(ids).toEqual(['c0', 'm1', 'm3', 'c3', 'c4', 'm5']);
  });

  test('leaves out what was done before the first loaded message', () => {
    expect(timeline(messages, changes, false).map(({ id }) => id)).not.toContain('c0');
  });

  test('folds runs of closed messages with the history between them, and nothing else', () => {
    const items = folded(timeline(messages, changes, true), new Set(['m5']));
    const shown = items.map((item) => ('fold' in item ? item.fold.map(({ id }) => id) : item.row.id));
    expect(shown).toEqual(['c0', ['m1', 'm3'], 'c3', 'c4', 'm5']);
  });

  test('a single closed message is its own line', () => {
    const items = folded(timeline(messages, [], true), new Set(['m3', 'm5']));
    expect(items.every((item) => 'row' in item)).toBe(true);
  });
});
