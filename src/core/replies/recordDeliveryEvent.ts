import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { ReplyRun } from '../../infra/temporal/runTypes.ts';
import type { Models } from '../../infra/models/index.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';
import { applyEvents } from './applyEvents.ts';

export interface DeliveryEventDeps {
  models: Models;
  /** Wakes the message's run, so that it reads the row again. Never rejects. */
  wake: (reply: ReplyRun) => Promise<void>;
  log: Logger;
}

/**
 * Writes an event to its message, and wakes the message's run if it waits for the event. Does nothing if the
 * event is about no outbound message, or says nothing new. @throws anything when MongoDB is away
 */
export function createRecordDeliveryEvent({ models, wake, log }: DeliveryEventDeps) {
  return async (event: DeliveryEvent): Promise<void> => {
    // Without this, mongoose would hold the query for 10 s, and with it one of the few concurrent workers.
    if (models.connection.readyState !== mongoose.ConnectionStates.connected)
      throw new Error('MongoDB is not connected');
    const id = event.message?.id ?? (await idByMessageId(models, event.messageId));
    const applied = id === null ? null : await applyEvents(models, id, [event]);
    if (!applied)
      log.debug({ event: event.id, kind: event.kind }, 'a delivery event is about no outbound message');
    else if (applied.wakes) await wake({ id: id!, run: applied.run });
  };
}

async function idByMessageId({ Message }: Models, messageId: string | null): Promise<string | null> {
  if (messageId === null) return null;
  const message = await Message.findOne({ message_id: messageId, direction: 'outbound' }, { _id: 1 }).lean<{
    _id: string;
  }>();
  return message?._id ?? null;
}
