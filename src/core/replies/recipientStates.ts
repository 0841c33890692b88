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
export type DeliveryFact = Pick<DeliveryEvent, 'kind' | 'recipient' | 'at' | 'reason'> & {
  attempt: number;
  /** As in a `DeliveryRow`. */
  foreign?: boolean;
};

/** What a foreign mail says is above these states of the provider's, so never above `delivered`. */
const FOREIGN_ABOVE = {
  sent: 'sent',
  delayed: 'sent',
  delivered: 'sent',
  failed: 'delayed',
  complained: 'delayed',
} as const satisfies Record<DeliveryState, DeliveryState>;

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
    const row: DeliveryRow = {
      recipient,
      attempt: event.attempt,
      state,
      reason: event.reason,
      at: event.at,
      ...(event.foreign && { foreign: true }),
    };
    if (before && !isNews(before, row)) continue;
    byRecipient.set(recipient, row);
    hasChanged = true;
  }
  return hasChanged ? [...byRecipient.values()] : null;
}

function isNews(before: DeliveryRow, row: DeliveryRow): boolean {
  if (row.attempt !== before.attempt) return row.attempt > before.attempt;
  const difference = rankOf(row) - rankOf(before);
  return difference === 0 ? row.at > before.at : difference > 0;
}

function rankOf({ state, foreign }: DeliveryRow): number {
  const rank = DELIVERY_STATES.indexOf(state);
  if (!foreign) return rank;
  // Between two states of the provider's; several foreign ones keep their order.
  return DELIVERY_STATES.indexOf(FOREIGN_ABOVE[state]) + (rank + 1) / (DELIVERY_STATES.length + 1);
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
