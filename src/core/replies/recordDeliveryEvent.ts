import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { ReplyRun } from '../../infra/temporal/runTypes.ts';
import type { Models } from '../../infra/models/index.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';
import { applyEvents } from './applyEvents.ts';

export interface DeliveryEventDeps {
  models: Models;
  /** Has the message's run look at its row. Never rejects. */
  wake: (reply: ReplyRun) => Promise<void>;
  log: Logger;
}

/**
 * Writes an event to the message that it is about, and wakes that one's run where it waits for this. Nothing when no message
 * of ours is meant, or it says nothing new. @throws anything when MongoDB is away
 */
export function createRecordDeliveryEvent({ models, wake, log }: DeliveryEventDeps) {
  return async (event: DeliveryEvent): Promise<void> => {
    // mongoose would hold the query for 10 s, and with it one of the few that work.
    if (models.connection.readyState !== mongoose.ConnectionStates.connected)
      throw new Error('MongoDB is not connected');
    const id = event.message?.id ?? (await idByMessageId(models, event.messageId));
    const heard = id === null ? null : await applyEvents(models, id, [event]);
    if (!heard) log.debug({ event: event.id, kind: event.kind }, 'an event is about no message of ours');
    else if (heard.wakes) await wake({ id: id!, run: heard.run });
  };
}

async function idByMessageId({ Message }: Models, messageId: string | null): Promise<string | null> {
  if (messageId === null) return null;
  const message = await Message.findOne({ message_id: messageId, direction: 'outbound' }, { _id: 1 }).lean<{
    _id: string;
  }>();
  return message?._id ?? null;
}
