import fc from 'fast-check';
import {
  isSettled,
  withEvents,
  worstOf,
  type DeliveryFact,
} from '../../../src/core/replies/recipientStates.ts';
import type { DeliveryRow } from '../../../src/infra/models/outbound.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute));
const told = (kind: DeliveryFact['kind'], minute = 0, more: Partial<DeliveryFact> = {}): DeliveryFact => ({
  kind,
  recipient: 'ann@client.test',
  at: at(minute),
  reason: null,
  attempt: 1,
  ...more,
});
const after = (...events: DeliveryFact[]): DeliveryRow[] =>
  events.reduce<DeliveryRow[]>((rows, event) => withEvents(rows, [event]) ?? rows, []);

test.each<[string, DeliveryFact[], string]>([
  ['accepted', [told('accepted')], 'sent'],
  ['delivered after a delay', [told('accepted'), told('delayed', 1), told('delivered', 2)], 'delivered'],
  ['a delay told after the delivery', [told('delivered', 2), told('delayed', 1)], 'delivered'],
  ['a bounce after the delivery', [told('delivered', 1), told('failed', 2)], 'failed'],
  ['a complaint after all', [told('complained', 3), told('failed', 2), told('delivered')], 'complained'],
  ['failed, then tried again', [told('failed', 1), told('accepted', 2, { attempt: 2 })], 'sent'],
  ['an event of an attempt that is over', [told('accepted', 2, { attempt: 2 }), told('failed', 3)], 'sent'],
])('%s: %#', (_, events, state) => {
  expect(after(...events)).toMatchObject([{ state }]);
});

const anyTold = fc.record<DeliveryFact>({
  kind: fc.constantFrom('accepted', 'delayed', 'delivered', 'failed', 'complained'),
  recipient: fc.constantFrom('ann@client.test', 'Bob@Client.Test', 'bob@client.test'),
  at: fc.integer({ min: 0, max: 59 }).map(at),
  reason: fc.constant(null),
  attempt: fc.integer({ min: 1, max: 3 }),
});
const sorted = (rows: DeliveryRow[]) => [...rows].sort((a, b) => a.recipient.localeCompare(b.recipient));

test('the order in which events come, and how often, changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(anyTold, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (events, random) => {
        const keyed = [...events, ...events].map((event) => ({ event, key: random.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ event }) => event);
        expect(sorted(after(...shuffled))).toEqual(sorted(after(...events)));
        expect(withEvents(after(...events), events)).toBeNull();
      },
    ),
  );
});

const row = (state: DeliveryRow['state'], minute = 0): DeliveryRow => ({
  recipient: `${state}@client.test`,
  attempt: 1,
  state,
  reason: `it is ${state}`,
  at: at(minute),
});

test.each<[DeliveryRow[], string]>([
  [[row('delivered'), row('sent')], 'sent'],
  [[row('delivered'), row('delayed'), row('sent')], 'delayed'],
  [[row('delivered'), row('complained'), row('delayed')], 'complained'],
  [[row('complained'), row('failed', 3), row('delivered', 9)], 'failed'],
  [[row('delivered')], 'delivered'],
])('the message shows the worst of %#', (rows, state) => {
  expect(worstOf(rows)).toMatchObject({ state, reason: `it is ${state}` });
});

test('nothing more is waited for when each recipient has its end', () => {
  expect(isSettled([])).toBe(false);
  expect(isSettled([row('delivered'), row('sent')])).toBe(false);
  expect(isSettled([row('delivered'), row('failed'), row('complained')])).toBe(true);
});
