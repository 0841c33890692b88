import type { Model } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../models/index.ts';
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
  const threads = collectionOf(threadsOf(models, kind));
  const there = await threads.findOneAndUpdate(
    { _id: id, workspace_id: message.workspace_id },
    { $max: { last_message_at: at, updated_at: at }, $addToSet: { people: { $each: takingPart(message) } } },
    { projection: { status: 1, closed_at: 1 } },
  );
  if (!there) {
    // Another message of this thread may have made it meanwhile: then this one has not been applied to it yet.
    return (await makeThread(models, message)) ? undefined : applyToThread(models, message, isAutomatic);
  }
  const reopens =
    there.status === 'closed' && there.closed_at !== null && there.closed_at < at && !isAutomatic;
  if (reopens) {
    await threads.updateOne(
      { _id: id, status: 'closed', closed_at: { $lt: at } },
      { $set: { status: 'open', closed_at: null } },
    );
  }
}

/** Only a mail that opens the thread, or an unmarked one, makes its people take part. */
const takingPart = (message: MessageRow): string[] =>
  message.opens || message.sender_known || message.direction === 'outbound' ? message.people : [];

/** @returns false when it was there already. */
async function makeThread(models: Models, message: MessageRow): Promise<boolean> {
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
      await collectionOf(models.Ticket).insertOne({ ...thread, number: await nextNumber(models, message) });
    } else {
      const owner = message.audience.startsWith('owner:') ? message.audience.slice('owner:'.length) : null;
      await collectionOf(models.Conversation).insertOne({ ...thread, agent_id: owner, owner_id: owner });
    }
    return true;
  } catch (error) {
    // A number taken for nothing is a gap, and gaps are allowed.
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
}

async function nextNumber(models: Models, message: MessageRow): Promise<number> {
  const workspace = await collectionOf(models.Workspace).findOneAndUpdate(
    { _id: message.workspace_id },
    { $inc: { last_ticket_number: 1 } },
    { returnDocument: 'after', projection: { last_ticket_number: 1 } },
  );
  if (!workspace) throw new Error('the workspace of a stored message is gone');
  return workspace.last_ticket_number;
}
