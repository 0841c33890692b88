import { normaliseAddress } from '../../mail/addresses.ts';
import { DELIVERY_STATES, type DeliveryRow, type DeliveryState } from '../../infra/models/outbound.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';

const STATE_OF = {
  accepted: 'sent',
  delayed: 'delayed',
  delivered: 'delivered',
  failed: 'failed',
  complained: 'complained',
} as const satisfies Record<DeliveryEvent['kind'], DeliveryState>;

/** A message with several recipients shows the worst of their states (docs/architecture.md, 4). */
const WORST_FIRST = [
  'failed',
  'complained',
  'delayed',
  'sent',
  'delivered',
] as const satisfies DeliveryState[];

/**
 * What an event says about one recipient; `attempt` is the event's, or the current one if the event names
 * none.
 */
export type DeliveryFact = Pick<DeliveryEvent, 'kind' | 'recipient' | 'at' | 'reason'> & { attempt: number };

/**
 * Applies events to the deliveries. Each recipient has one state: that of the latest attempt, of one attempt
 * the one with the highest rank, of two equal ones the newer. Idempotent, and the order of events does not
 * matter.
 * @returns null when nothing changes.
 */
export function withEvents(deliveries: DeliveryRow[], facts: DeliveryFact[]): DeliveryRow[] | null {
  const byRecipient = new Map(deliveries.map((row) => [row.recipient, row]));
  let hasChanged = false;
  for (const event of facts) {
    const recipient = normaliseAddress(event.recipient) ?? event.recipient;
    const before = byRecipient.get(recipient);
    const state = STATE_OF[event.kind];
    const row = { recipient, attempt: event.attempt, state, reason: event.reason, at: event.at };
    if (before && !isNews(before, row)) continue;
    byRecipient.set(recipient, row);
    hasChanged = true;
  }
  return hasChanged ? [...byRecipient.values()] : null;
}

function isNews(before: DeliveryRow, row: DeliveryRow): boolean {
  if (row.attempt !== before.attempt) return row.attempt > before.attempt;
  const rank = (state: DeliveryState) => DELIVERY_STATES.indexOf(state);
  if (row.state !== before.state) return rank(row.state) > rank(before.state);
  return row.at > before.at;
}

/** The state of the whole message, with the reason and time of the recipient that decides it. */
export function worstOf(deliveries: DeliveryRow[]): {
  state: DeliveryState;
  reason: string | null;
  at: Date;
} {
  for (const state of WORST_FIRST) {
    const inState = deliveries.filter((row) => row.state === state);
    const newest = inState.reduce<DeliveryRow | null>((a, b) => (a && a.at >= b.at ? a : b), null);
    if (newest) return { state, reason: newest.reason, at: newest.at };
  }
  throw new Error('a message without deliveries has no delivery state');
}

/** No further event is expected (a complaint may still come, and is written then). */
export const isSettled = (deliveries: DeliveryRow[]): boolean =>
  deliveries.length > 0 &&
  deliveries.every(({ state }) => ['delivered', 'failed', 'complained'].includes(state));
