import type { MessageRow, Models } from '../models/index.ts';
import type { DeliveryRow, Outbound } from '../models/outbound.ts';
import type { DeliveryEvent } from '../providers/outbound.ts';
import { threadsOf } from '../threads/applyToThread.ts';
import { withEvents, worstOf, type Told } from './deliveries.ts';

/** An outbound message as far as its way is concerned. */
export type SentMessage = Pick<MessageRow, '_id' | 'workspace_id' | 'thread_kind' | 'thread_id' | 'state'> & {
  outbound: Outbound;
};
export const SENT_FIELDS = { workspace_id: 1, thread_kind: 1, thread_id: 1, state: 1, outbound: 1 } as const;

/**
 * Writes what is told of a message's recipients, in any order, any number of times, by any number at once, also long after
 * its run has ended. Found at any time, an event settles a message that was `sending`, `unconfirmed` or `failed`.
 * A permanent failure opens the ticket or conversation again.
 * @returns the message as it is now, or null when there is no such message, or nothing of it went out.
 */
export async function applyEvents(
  models: Models,
  id: string,
  events: Omit<DeliveryEvent, 'id' | 'messageId'>[],
): Promise<SentMessage | null> {
  for (;;) {
    const message = await models.Message.findOne(
      { _id: id, direction: 'outbound' },
      SENT_FIELDS,
    ).lean<SentMessage>();
    if (!message || message.outbound.attempt === 0) return null;
    const { attempt, changes } = message.outbound;
    const told = events.map((event): Told => ({
      ...event,
      attempt: Math.min(event.message?.attempt ?? attempt, attempt),
    }));
    const deliveries = withEvents(message.outbound.deliveries, told);
    if (!deliveries) return message;
    const failedNow = deliveries.filter(
      (row) => row.state === 'failed' && !message.outbound.deliveries.includes(row),
    );
    for (const failed of failedNow) await openAgain(models, message, failed.at);
    const change = { 'outbound.deliveries': deliveries, ...(settles(message, told) && settled(deliveries)) };
    const { modifiedCount } = await models.Message.updateOne(
      { _id: id, 'outbound.changes': changes },
      { $set: change, $inc: { 'outbound.changes': 1 } },
    );
    if (modifiedCount === 1) return models.Message.findById(id, SENT_FIELDS).lean<SentMessage>();
  }
}

/** While a later run is about to try again, what is told of an earlier attempt is noted and decides nothing. */
function settles({ state, outbound }: SentMessage, told: Told[]): boolean {
  if (!['queued', 'scheduled', 'sending'].includes(state)) return true;
  const { attempt, attempt_at, trying_since, unclear } = outbound;
  const isOfThisRun =
    state === 'sending' && attempt_at !== null && trying_since !== null && attempt_at >= trying_since;
  return (unclear || isOfThisRun) && told.some((event) => event.attempt === attempt);
}

function settled(deliveries: DeliveryRow[]) {
  const { state, reason, at } = worstOf(deliveries);
  return {
    state,
    'outbound.reason': reason,
    'outbound.state_at': at,
    'outbound.is_open': false,
    'outbound.unclear': false,
  };
}

async function openAgain(models: Models, message: SentMessage, at: Date): Promise<void> {
  const { thread_kind, thread_id, workspace_id } = message;
  await threadsOf(models, thread_kind).updateOne(
    { _id: thread_id, workspace_id, status: 'closed', closed_at: { $lt: at } },
    { $set: { status: 'open', closed_at: null, updated_at: new Date() } },
  );
}
