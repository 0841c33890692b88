import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { contactNow } from './contacts.ts';
import { followThread } from './moveMessages.ts';
import { makeThread, takingPart } from './newThreadRow.ts';
import { threadsOf } from './threads.ts';
import { wordsOf } from './searchWords.ts';

/** The most words that a thread keeps; a message that comes after that adds none. */
const MAX_THREAD_WORDS = 2_000;

/**
 * Creates the ticket or conversation of a stored message if it does not exist, and applies the message to it.
 * Every effect is idempotent, because every retry applies it again, also after later messages. If the thread
 * was merged or moved, the message follows it.
 * @param isAutomatic an automatic message opens no closed thread and restores none from the trash; neither
 * does a message of a blocked contact
 * @returns the message with the thread that it is in now
 */
export async function applyToThread<Message extends MessageRow>(
  models: Models,
  message: Message,
  isAutomatic: boolean,
): Promise<Message> {
  const { thread_kind: kind, thread_id: _id, workspace_id } = message;
  const contact = await contactNow(models, workspace_id, message.contact_id);
  const mayOpen = !isAutomatic && !(message.direction === 'inbound' && contact?.blocked_at);
  const applied = await collectionOf(threadsOf(models, kind)).findOneAndUpdate(
    { _id, workspace_id, merged_into: { $exists: false } },
    changesBy(message, mayOpen),
    { projection: { _id: 1 } },
  );
  if (applied) return message;
  const followed = await followThread(models, message);
  if (followed) return applyToThread(models, followed, isAutomatic);
  if (await makeThread(models, message, contact)) return message;
  // Another message has created the thread meanwhile, so this one has not been applied to it yet.
  return applyToThread(models, message, isAutomatic);
}

/**
 * One update, decided on the row as it is then. Applying a message again changes nothing: it opens only a
 * thread that was closed before the message came, and restores only one that was put into the trash before.
 */
function changesBy(message: MessageRow, mayOpen: boolean): mongo.Document[] {
  const { created_at: at } = message;
  const before = (field: string) => ({ $and: [mayOpen, { $gt: [field, null] }, { $lt: [field, at] }] });
  const opens = { $and: [{ $eq: ['$status', 'closed'] }, before('$closed_at')] };
  const restores = before('$deleted_at');
  const isNew = { $or: [{ $lt: ['$last_message_at', at] }, opens, restores] };
  const union = (field: string, more: string[]) => ({
    $setUnion: [{ $ifNull: [field, []] }, { $literal: more }],
  });
  const isFull = { $gte: [{ $size: { $ifNull: ['$words', []] } }, MAX_THREAD_WORDS] };
  return [
    {
      $set: {
        people: union('$people', takingPart(message)),
        words: { $cond: [isFull, '$words', union('$words', wordsOf(message.subject, message.text))] },
        last_message_at: { $max: ['$last_message_at', at] },
        status: { $cond: [opens, 'open', '$status'] },
        closed_at: { $cond: [opens, null, '$closed_at'] },
        deleted_at: { $cond: [restores, '$$REMOVE', '$deleted_at'] },
        hidden: { $cond: [restores, { $cond: [{ $eq: ['$spam', true] }, 'spam', null] }, '$hidden'] },
        // By our clock: a client that asks for changes since a time must not miss a mail that was delayed.
        updated_at: { $cond: [isNew, new Date(), '$updated_at'] },
        changes: { $add: [{ $ifNull: ['$changes', 0] }, { $cond: [isNew, 1, 0] }] },
      },
    },
  ];
}
