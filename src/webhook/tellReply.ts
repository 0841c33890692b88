import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../models/index.ts';
import type { DeliveryEvent } from '../providers/outbound.ts';
import { applyEvents } from '../replies/applyEvents.ts';
import { replyWorkflowId } from '../temporal/ids.ts';

const DEADLINE_MS = 5_000;
/** Temporal was away: for so long nobody waits for it again. */
const AWAY_MS = 30_000;

/**
 * Writes an event to the message that it is about, and wakes that one's run where it waits for this. Nothing when no message
 * of ours is meant, or it says nothing new. @throws anything when MongoDB is away
 */
export function createTellReply({ models, client, log }: { models: Models; client: Client; log: Logger }) {
  const wake = createWake(client);
  return async (event: DeliveryEvent): Promise<void> => {
    // mongoose would hold the query for 10 s, and with it one of the few that work.
    if (models.connection.readyState !== mongoose.ConnectionStates.connected)
      throw new Error('MongoDB is not connected');
    const id = event.message?.id ?? (await idByMessageId(models, event.messageId));
    const heard = id === null ? null : await applyEvents(models, id, [event]);
    if (!heard) log.debug({ event: event.id, kind: event.kind }, 'an event is about no message of ours');
    else if (heard.wakes) await wake(replyWorkflowId(id!, heard.run));
  };
}

async function idByMessageId({ Message }: Models, messageId: string | null): Promise<string | null> {
  if (messageId === null) return null;
  const message = await Message.findOne({ message_id: messageId, direction: 'outbound' }, { _id: 1 }).lean<{
    _id: string;
  }>();
  return message?._id ?? null;
}

/** At best, and never throws: a run that does not hear of it looks at the row at its next turn, and the row says all. */
function createWake({ connection, workflow }: Client) {
  let awayUntil = 0;
  return async (workflowId: string): Promise<void> => {
    if (Date.now() < awayUntil) return;
    try {
      const signal = () => workflow.getHandle(workflowId).signal('wake');
      await connection.withDeadline(Date.now() + DEADLINE_MS, signal);
    } catch (error) {
      const isOver = error instanceof WorkflowNotFoundError;
      if (!isOver) awayUntil = Date.now() + AWAY_MS;
    }
  };
}
