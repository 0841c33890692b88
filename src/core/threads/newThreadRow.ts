import type { mongo } from 'mongoose';
import { collectionOf, type ContactRow, type MessageRow, type Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { PRIORITIES, type ThreadRow } from '../../infra/models/thread.ts';
import { previewOf } from '../../mail/preview.ts';
import { hashOf } from '../../lib/ids.ts';
import { wordsOfMessage } from '../../mail/searchWords.ts';
import { isQuestion, lastMessageOf } from './summary.ts';

/** Id of the thread that a message opens. */
export function threadIdFor(messageId: string): string {
  return hashOf('thread', messageId);
}

/** The fields of a message that its thread is created from. */
type OpeningMessage = Pick<
  MessageRow,
  | '_id'
  | 'thread_id'
  | 'workspace_id'
  | 'audience'
  | 'direction'
  | 'subject'
  | 'text'
  | 'words'
  | 'sender_known'
  | 'sender_reason'
  | 'contact_id'
  | 'workspace_email_id'
  | 'created_at'
  | 'stored_at'
  | 'from'
  | 'author_id'
  | 'auto_reply'
  | 'list_mail'
  | 'spam'
>;

/**
 * The thread that its first message creates. If the contact is blocked, it is closed and spam from the start.
 */
export function newThreadRow(
  message: OpeningMessage,
  contact: ContactRow | null,
  has_attachments: boolean,
): ThreadRow {
  const { direction, author_id, created_at, stored_at } = message;
  const isBlocked = direction === 'inbound' && Boolean(contact?.blocked_at);
  return {
    _id: message.thread_id,
    workspace_id: message.workspace_id,
    audience: message.audience,
    subject: message.subject,
    status: isBlocked ? 'closed' : 'open',
    contact_id: contact?._id ?? (message.contact_id as string),
    workspace_email_id: message.workspace_email_id as string,
    agent_id: null,
    closed_at: isBlocked ? created_at : null,
    preview: previewOf(message.text),
    last_message: lastMessageOf(message),
    has_attachments,
    waiting_since: isQuestion(message) && !isBlocked ? created_at : null,
    answered_at: direction === 'outbound' ? created_at : null,
    settled_at: isBlocked ? created_at : null,
    news_at: direction === 'inbound' ? stored_at : null,
    read_by: author_id === null ? [] : [author_id],
    snoozed_until: null,
    snoozed_by: null,
    followers: [],
    last_change: null,
    reopened_by: null,
    last_message_at: created_at,
    created_at,
    updated_at: new Date(),
    changes: 0,
    priority: 'normal',
    priority_rank: PRIORITIES.indexOf('normal'),
    tags: [],
    words: wordsOfMessage(message),
    spam: isBlocked,
    hidden: isBlocked ? 'spam' : null,
  };
}

/** @returns false when the thread existed already */
export async function makeThread(
  models: Models,
  message: MessageRow,
  contact: ContactRow | null,
  withFiles: boolean,
): Promise<boolean> {
  const thread = newThreadRow(message, contact, withFiles);
  try {
    if (message.thread_kind === 'ticket') await insertTicket(models, thread);
    else {
      const owner = message.audience.startsWith('owner:') ? message.audience.slice('owner:'.length) : null;
      await collectionOf(models.Conversation).insertOne({ ...thread, agent_id: owner, owner_id: owner });
    }
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
  // The contact that another was merged into may not have this audience yet.
  if (contact && !contact.audiences.includes(thread.audience))
    await collectionOf(models.Contact).updateOne(
      { _id: contact._id, workspace_id: contact.workspace_id },
      { $addToSet: { audiences: thread.audience } },
    );
  return true;
}

/** With the next number of its workspace. A failed insert leaves a gap in the numbers, which is allowed. */
export async function insertTicket(
  models: Models,
  thread: ThreadRow,
  session?: mongo.ClientSession,
): Promise<void> {
  // Outside the transaction, for which all new tickets of the workspace would otherwise wait.
  const number = await nextNumber(models, thread.workspace_id);
  await collectionOf(models.Ticket).insertOne(
    { ...thread, number, words: [...thread.words, String(number)] },
    session && { session },
  );
}

async function nextNumber(models: Models, workspaceId: string): Promise<number> {
  const workspace = await collectionOf(models.Workspace).findOneAndUpdate(
    { _id: workspaceId },
    { $inc: { last_ticket_number: 1 } },
    { returnDocument: 'after', projection: { last_ticket_number: 1 } },
  );
  if (!workspace) throw new Error('the workspace of a stored message is gone');
  return workspace.last_ticket_number;
}
