import type { MessageRow, Models } from '../models/index.ts';
import type { Outbound } from '../models/outbound.ts';
import type { DeliveryEvent } from '../providers/outbound.ts';
import { threadsOf } from '../threads/applyToThread.ts';
import { withEvents, worstOf, type Told } from './deliveries.ts';

/** An outbound message as far as its way is concerned. */
export type SentMessage = Pick<MessageRow, '_id' | 'workspace_id' | 'thread_kind' | 'thread_id' | 'state'> & {
  outbound: Outbound;
};
export const SENT_FIELDS = { workspace_id: 1, thread_kind: 1, thread_id: 1, state: 1, outbound: 1 } as const;

/** In these nothing was handed to a provider yet, or it was decided that nothing will be. */
const NOT_OUT = ['queued', 'scheduled', 'cancelled'];

/**
 * Writes what is told of a message's recipients, in any order, any number of times, by any number at once, also long after
 * its run has ended. Found at any time, an event settles a message that was `sending`, `unconfirmed` or `failed`.
 * A permanent failure opens the ticket or conversation again.
 * @returns the message's state now, or null when there is no such message, or it never went out.
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
    if (!message || message.outbound.attempt === 0 || NOT_OUT.includes(message.state)) return null;
    const { attempt, changes } = message.outbound;
    const told = events.map((event): Told => ({
      ...event,
      attempt: Math.min(event.message?.attempt ?? attempt, attempt),
    }));
    const deliveries = withEvents(message.outbound.deliveries, told);
    if (!deliveries) return message;
    const { state, reason, at } = worstOf(deliveries);
    const failedNow = deliveries.filter(
      (row) => row.state === 'failed' && !message.outbound.deliveries.includes(row),
    );
    for (const failed of failedNow) await openAgain(models, message, failed.at);
    const { modifiedCount } = await models.Message.updateOne(
      { _id: id, 'outbound.changes': changes },
      {
        $set: {
          state,
          'outbound.deliveries': deliveries,
          'outbound.reason': reason,
          'outbound.state_at': at,
          'outbound.is_open': false,
        },
        $inc: { 'outbound.changes': 1 },
      },
    );
    if (modifiedCount === 1) {
      return {
        ...message,
        state,
        outbound: { ...message.outbound, deliveries, reason, changes: changes + 1 },
      };
    }
  }
}

async function openAgain(models: Models, message: SentMessage, at: Date): Promise<void> {
  const { thread_kind, thread_id, workspace_id } = message;
  await threadsOf(models, thread_kind).updateOne(
    { _id: thread_id, workspace_id, status: 'closed', closed_at: { $lt: at } },
    { $set: { status: 'open', closed_at: null, updated_at: new Date() } },
  );
}
