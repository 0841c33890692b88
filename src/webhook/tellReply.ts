import type { Client } from '@temporalio/client';
import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../models/index.ts';
import type { DeliveryEvent } from '../providers/outbound.ts';
import { applyEvents } from '../replies/applyEvents.ts';
import { replyWorkflowId } from '../temporal/ids.ts';

const WAKE_MS = 2_000;

/**
 * Writes an event to the message that it is about, and wakes that one's run. Nothing when no message of ours is meant, or it
 * says nothing new. @throws anything when MongoDB is away
 */
export function createTellReply({ models, client, log }: { models: Models; client: Client; log: Logger }) {
  return async (event: DeliveryEvent): Promise<void> => {
    // mongoose would hold the query for 10 s, and with it one of the few that work.
    if (models.connection.readyState !== mongoose.ConnectionStates.connected)
      throw new Error('MongoDB is not connected');
    const id = event.message?.id ?? (await idByMessageId(models, event.messageId));
    const message = id === null ? null : await applyEvents(models, id, [event]);
    if (message) await wake(client, replyWorkflowId(message._id, message.outbound.run));
    else log.debug({ event: event.id, kind: event.kind }, 'an event is about no message of ours');
  };
}

async function idByMessageId({ Message }: Models, messageId: string | null): Promise<string | null> {
  if (messageId === null) return null;
  const message = await Message.findOne({ message_id: messageId, direction: 'outbound' }, { _id: 1 }).lean<{
    _id: string;
  }>();
  return message?._id ?? null;
}

/** At best: a run that does not hear of it looks at the row at its next turn, and the row says all. */
async function wake(client: Client, workflowId: string): Promise<void> {
  const signal = () => client.workflow.getHandle(workflowId).signal('wake');
  await client.connection.withDeadline(Date.now() + WAKE_MS, signal).catch(() => undefined);
}
