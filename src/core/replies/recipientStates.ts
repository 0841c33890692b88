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

/** Of several recipients the message shows the worst (design: "Delivery events"). */
const WORST_FIRST = [
  'failed',
  'complained',
  'delayed',
  'sent',
  'delivered',
] as const satisfies DeliveryState[];

/** What is told of one recipient; `attempt` is that of the event, or the current one where it names none. */
export type DeliveryFact = Pick<DeliveryEvent, 'kind' | 'recipient' | 'at' | 'reason'> & { attempt: number };

/**
 * Deliveries after these events: one state a recipient, the latest attempt's, and of one attempt the one of highest rank,
 * (of two that say the same the newer), in whatever order and however often they are told. @returns null when nothing changes.
 */
export function withEvents(deliveries: DeliveryRow[], told: DeliveryFact[]): DeliveryRow[] | null {
  const byRecipient = new Map(deliveries.map((row) => [row.recipient, row]));
  let changed = false;
  for (const event of told) {
    const recipient = normaliseAddress(event.recipient) ?? event.recipient;
    const before = byRecipient.get(recipient);
    const state = STATE_OF[event.kind];
    const row = { recipient, attempt: event.attempt, state, reason: event.reason, at: event.at };
    if (before && !isNews(before, row)) continue;
    byRecipient.set(recipient, row);
    changed = true;
  }
  return changed ? [...byRecipient.values()] : null;
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
    const of = deliveries.filter((row) => row.state === state);
    const newest = of.reduce<DeliveryRow | null>((a, b) => (a && a.at >= b.at ? a : b), null);
    if (newest) return { state, reason: newest.reason, at: newest.at };
  }
  throw new Error('a message without deliveries has no state of its own');
}

/** Nothing further is waited for (a complaint may still come, and is written then). */
export const isSettled = (deliveries: DeliveryRow[]): boolean =>
  deliveries.length > 0 &&
  deliveries.every(({ state }) => ['delivered', 'failed', 'complained'].includes(state));
