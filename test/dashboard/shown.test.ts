import { deliveryLines } from '../../dashboard/features/thread/deliveryText.ts';
import { isKept } from '../../dashboard/features/thread/timeline.ts';
import { extension, fileKind } from '../../dashboard/features/thread/fileKinds.ts';
import { historyText } from '../../dashboard/features/thread/historyText.ts';
import { writerOf } from '../../dashboard/features/thread/recipients.ts';
import { laterThan, localValue } from '../../dashboard/lib/later.ts';
import { message } from './message.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const nameOf = (id: string | null) => (id === 'u2' ? 'Bo' : null);

test('programs are never shown as files: only pictures, PDF and text are', () => {
  const kind = (content_type: string, filename = 'a') => fileKind({ content_type, filename });
  expect(kind('image/png')).toBe('image');
  expect(kind('image/svg+xml')).toBe('other');
  expect(kind('text/html')).toBe('other');
  expect(kind('application/pdf')).toBe('pdf');
  expect(kind('text/plain; charset=utf-8')).toBe('text');
  expect(kind('application/octet-stream', 'a.log')).toBe('text');
  expect(extension('order.final.pdf')).toBe('PDF');
  expect(extension('.profile')).toBe('');
});

test('what became of an answer is said of each recipient, with the reason', () => {
  const outbound = message({
    direction: 'outbound',
    state: 'failed',
    to: [{ email: 'ann@client.test', name: 'Ann' }],
    deliveries: [
      { recipient: 'ann@client.test', state: 'delivered', reason: null, at: '2026-11-29T11:00:00Z' },
      { recipient: 'lars@client.test', state: 'failed', reason: 'mailbox full', at: '2026-11-29T11:00:00Z' },
    ],
  });
  const lines = deliveryLines(outbound, NOW);
  expect(lines.map(({ tone }) => tone)).toEqual(['ok', 'bad']);
  expect(lines[0]?.text).toMatch(/^Ann: Delivered/);
  expect(lines[1]?.text).toMatch(/^lars@client.test: .*mailbox full/);
});

test('a message as a whole may stand worse than what is known of its recipients', () => {
  const outbound = message({
    direction: 'outbound',
    state: 'unconfirmed',
    deliveries: [{ recipient: 'a@x.test', state: 'sent', reason: null, at: '2026-11-29T11:00:00Z' }],
  });
  expect(deliveryLines(outbound, NOW).map(({ tone }) => tone)).toEqual(['bad', 'plain']);
  expect(deliveryLines(message(), NOW)).toEqual([]);
});

test('an answer that was not sent, though nobody took it back, stands in its thread with the reason', () => {
  const reason = 'It was not sent, because its ticket or conversation was deleted.';
  const outbound = message({ direction: 'outbound', state: 'cancelled', send_at: null, reason });
  expect(isKept(outbound)).toBe(true);
  expect(deliveryLines(outbound, NOW)).toEqual([{ key: 'cancelled', tone: 'warn', text: reason }]);
  expect(isKept({ ...outbound, reason: null })).toBe(false);
});

test('history says who did what, from the reader’s side', () => {
  const who = { me: 'u1', nameOf, now: NOW };
  const line = (action: string, to: unknown, from: unknown = null, id = 'u2') =>
    historyText({ id: 'h', at: '', actor: { kind: 'user', id, name: null }, action, from, to }, who);
  expect(line('agent', 'u1')).toBe('Bo assigned this to you');
  expect(line('agent', 'u2')).toBe('Bo took this');
  expect(line('status', 'closed', 'open', 'u1')).toBe('You closed this');
  expect(line('tags', ['a', 'b'], ['a', 'c'])).toBe('Bo added b and removed c');
  expect(line('tags', ['a'], ['a'])).toBeNull();
  expect(line('something else', 1)).toBeNull();
});

test('a writer is known by name, I am "You"', () => {
  expect(writerOf(message(), 'u1', nameOf).name).toBe('Ann');
  expect(writerOf(message({ direction: 'note', author_id: 'u1' }), 'u1', nameOf)).toMatchObject({
    name: 'You',
    isMe: true,
  });
  expect(writerOf(message({ direction: 'note', author_id: 'gone' }), 'u1', nameOf).isMe).toBe(false);
});

test('times that are offered lie in the future, each once', () => {
  for (const hour of [0, 9, 18, 23])
    for (const day of [23, 24, 25, 26, 27, 28, 29]) {
      const now = new Date(2026, 10, day, hour, 30);
      const times = laterThan(now).map(({ at }) => at.getTime());
      expect(times.every((time) => time > now.getTime())).toBe(true);
    }
  expect(laterThan(new Date(2026, 10, 29, 10)).map(({ id }) => id)).toEqual([
    'laterToday',
    'tomorrow',
    'week',
  ]);
  expect(localValue(new Date(2026, 0, 2, 3, 4))).toBe('2026-01-02T03:04');
});
