import type { OutboundMessageRow } from '../../infra/models/index.ts';
import type { MaybeSent } from '../../infra/models/outbound.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { isCalledByThisRun } from './attempts.ts';
import type { MessageChange } from './change.ts';

/**
 * A reply whose run takes it later than this after its time may have been sent before: database and Temporal
 * may both have been set back by tools that leave no mark. After an ordinary outage one look at the provider's
 * events is the price.
 */
const LATE_MS = 10 * MINUTE_MS;

type Sending = Pick<OutboundMessageRow, 'outbound'>;

/** When the message may have been sent by a call that its row does not know; null: the row knows of all calls. */
export function maybeSentOf({ outbound }: Sending, now = new Date()): MaybeSent | null {
  const { maybe_sent, due_at, trying_since } = outbound;
  if (maybe_sent) return { ...maybe_sent, since: latest(maybe_sent.since, due_at) };
  if (isCalledByThisRun(outbound)) return null;
  const startedAt = trying_since ?? now;
  return startedAt.getTime() - due_at.getTime() > LATE_MS ? { since: due_at, until: now } : null;
}

/** Its run has called the provider only if the row was set back since. */
export const isNotSentYet = ({ state }: OutboundMessageRow): boolean =>
  state === 'queued' || state === 'scheduled' || state === 'sending';

/**
 * The change for a message whose run is further than its row: the database was restored to an earlier moment
 * than Temporal. A new run looks the message up at the provider first.
 */
export const beginAgain = ({ outbound }: Sending): MessageChange & { outbound: object } => ({
  outbound: {
    run: outbound.run + 1,
    wants_start: true,
    maybe_sent: outbound.maybe_sent ?? {
      since: latest(outbound.due_at, outbound.state_at),
      until: new Date(),
    },
  },
});

const latest = (a: Date, b: Date): Date => (a > b ? a : b);
