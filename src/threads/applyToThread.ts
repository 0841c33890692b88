import type { Model } from 'mongoose';
import type { MessageRow, Models } from '../models/index.ts';
import type { ThreadRow } from '../models/thread.ts';
import { isDuplicateKey } from '../models/once.ts';
import { hashOf } from '../temporal/ids.ts';

/** Id of the thread that a message opens. */
export function threadIdFor(messageId: string): string {
  return hashOf('thread', messageId);
}

/** Tickets or conversations, as threads. */
export const threadsOf = (models: Models, kind: MessageRow['thread_kind']): Model<ThreadRow> =>
  (kind === 'ticket' ? models.Ticket : models.Conversation) as unknown as Model<ThreadRow>;

/**
 * Makes the ticket or conversation of a stored message if it is not there, and applies the message to it. Every effect
 * is idempotent, since it is applied on every try, also after later messages.
 */
export async function applyToThread(
  models: Models,
  message: MessageRow,
  isAutomatic: boolean,
): Promise<void> {
  const { thread_kind: kind, thread_id: id, created_at: at } = message;
  const Thread = threadsOf(models, kind);
  const there = await Thread.findOneAndUpdate(
    { _id: id, workspace_id: message.workspace_id },
    { $max: { last_message_at: at, updated_at: at }, $addToSet: { people: { $each: takingPart(message) } } },
    { projection: { status: 1, closed_at: 1 } },
  ).lean();
  if (!there) return makeThread(models, message);
  const reopens =
    there.status === 'closed' && there.closed_at !== null && there.closed_at < at && !isAutomatic;
  if (reopens) {
    await Thread.updateOne(
      { _id: id, status: 'closed', closed_at: { $lt: at } },
      { $set: { status: 'open', closed_at: null } },
    );
  }
}

/** Only a mail that opens the thread, or an unmarked one, makes its people take part. */
const takingPart = (message: MessageRow): string[] =>
  message.opens || message.sender_known || message.direction === 'outbound' ? message.people : [];

async function makeThread(models: Models, message: MessageRow): Promise<void> {
  const thread: ThreadRow = {
    _id: message.thread_id,
    workspace_id: message.workspace_id,
    audience: message.audience,
    subject: message.subject,
    status: 'open',
    contact_id: message.contact_id as string,
    workspace_email_id: message.workspace_email_id as string,
    agent_id: null,
    people: takingPart(message),
    closed_at: null,
    last_message_at: message.created_at,
    created_at: message.created_at,
    updated_at: message.created_at,
  };
  try {
    if (message.thread_kind === 'ticket') {
      await models.Ticket.collection.insertOne({
        ...thread,
        number: await nextNumber(models, message),
      } as never);
    } else {
      const owner = message.audience.startsWith('owner:') ? message.audience.slice('owner:'.length) : null;
      await models.Conversation.collection.insertOne({
        ...thread,
        agent_id: owner,
        owner_id: owner,
      } as never);
    }
  } catch (error) {
    // Somebody else made it a moment ago. A number taken for nothing is a gap, and gaps are allowed.
    if (!isDuplicateKey(error)) throw error;
  }
}

async function nextNumber(models: Models, message: MessageRow): Promise<number> {
  const workspace = await models.Workspace.findOneAndUpdate(
    { _id: message.workspace_id },
    { $inc: { last_ticket_number: 1 } },
    { returnDocument: 'after', projection: { last_ticket_number: 1 } },
  ).orFail();
  return workspace.last_ticket_number;
}
