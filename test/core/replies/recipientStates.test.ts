import fc from 'fast-check';
import {
  isSettled,
  withEvents,
  worstOf,
  type DeliveryFact,
} from '../../../src/core/replies/recipientStates.ts';
import type { DeliveryRow } from '../../../src/infra/models/outbound.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute));
const fact = (kind: DeliveryFact['kind'], minute = 0, more: Partial<DeliveryFact> = {}): DeliveryFact => ({
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
  ['accepted', [fact('accepted')], 'sent'],
  ['delivered after a delay', [fact('accepted'), fact('delayed', 1), fact('delivered', 2)], 'delivered'],
  ['a delay reported after the delivery', [fact('delivered', 2), fact('delayed', 1)], 'delivered'],
  ['a bounce after the delivery', [fact('delivered', 1), fact('failed', 2)], 'failed'],
  ['a complaint after all', [fact('complained', 3), fact('failed', 2), fact('delivered')], 'complained'],
  ['failed, then tried again', [fact('failed', 1), fact('accepted', 2, { attempt: 2 })], 'sent'],
  ['an event of an attempt that is over', [fact('accepted', 2, { attempt: 2 }), fact('failed', 3)], 'sent'],
])('%s: %#', (_, events, state) => {
  expect(after(...events)).toMatchObject([{ state }]);
});

const forged = { foreign: true } as const;
test.each<[string, DeliveryFact[], string, boolean]>([
  [
    'a forged bounce after the delivery',
    [fact('delivered', 1), fact('failed', 2, forged)],
    'delivered',
    false,
  ],
  [
    'a forged bounce before the delivery',
    [fact('failed', 1, forged), fact('delivered', 2)],
    'delivered',
    false,
  ],
  ['a bounce by mail before anything else', [fact('accepted'), fact('failed', 1, forged)], 'failed', true],
  ['a bounce by mail, and the provider’s', [fact('failed', 2, forged), fact('failed', 1)], 'failed', false],
  [
    'a forged receipt while it is delayed',
    [fact('delayed', 1), fact('delivered', 2, forged)],
    'delayed',
    false,
  ],
  [
    'a receipt, a warning, a bounce',
    [fact('delivered', 0, forged), fact('delayed', 1, forged), fact('failed', 2, forged)],
    'failed',
    true,
  ],
  [
    'a complaint, and a forged bounce',
    [fact('complained', 1), fact('failed', 2, forged)],
    'complained',
    false,
  ],
])('%s', (_, events, state, foreign) => {
  const [row] = after(...events);
  expect([row!.state, row!.foreign ?? false]).toEqual([state, foreign]);
});

const anyTold = fc.record<DeliveryFact>({
  kind: fc.constantFrom('accepted', 'delayed', 'delivered', 'failed', 'complained'),
  recipient: fc.constantFrom('ann@client.test', 'Bob@Client.Test', 'bob@client.test'),
  at: fc.integer({ min: 0, max: 59 }).map(at),
  reason: fc.constant(null),
  attempt: fc.integer({ min: 1, max: 3 }),
  foreign: fc.boolean(),
});
const sorted = (rows: DeliveryRow[]) => [...rows].sort((a, b) => a.recipient.localeCompare(b.recipient));

test('the order of events, and repeated events, change nothing', () => {
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

test('it waits for no more events when each recipient has a final state', () => {
  expect(isSettled([])).toBe(false);
  expect(isSettled([row('delivered'), row('sent')])).toBe(false);
  expect(isSettled([row('delivered'), row('failed'), row('complained')])).toBe(true);
});
