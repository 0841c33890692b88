import type { mongo } from 'mongoose';
import { previewOf } from '../../mail/preview.ts';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { ThreadRow, ThreadSummary } from '../../infra/models/thread.ts';
import { contactNow } from './contacts.ts';
import { followThread } from './moveMessages.ts';
import { makeThread } from './newThreadRow.ts';
import { wordsOfMessage } from '../../mail/searchWords.ts';
import { hasFiles, isQuestion, lastMessageOf, summarise } from './summary.ts';
import { threadsOf } from './threads.ts';
import { FULL_AT_WORDS } from './words.ts';

/**
 * Creates the ticket or conversation of a stored message if it does not exist, and applies the message to it.
 * Every effect is idempotent, because every retry applies it again, also after later messages. If the thread
 * was merged or moved, the message follows it.
 * @param isQuiet an automatic message, and one that failed SPF or DKIM, opens no closed thread and restores none from
 * the trash; neither does a message of a blocked contact
 * @returns the message with the thread that it is in now
 */
export async function applyToThread<Message extends MessageRow>(
  models: Models,
  message: Message,
  isQuiet: boolean,
): Promise<Message> {
  const { thread_kind: kind, thread_id: _id, workspace_id } = message;
  const contact = await contactNow(models, workspace_id, message.contact_id);
  const mayOpen = !isQuiet && !(message.direction === 'inbound' && contact?.blocked_at);
  const withFiles = await hasFiles(models, message);
  const applied = await collectionOf(threadsOf(models, kind)).findOneAndUpdate(
    { _id, workspace_id, merged_into: { $exists: false } },
    changesBy(message, { mayOpen, withFiles }),
    { projection: { workspace_id: 1, last_message_at: 1 }, returnDocument: 'after' },
  );
  if (applied) {
    if (await changedMeanwhile(models, message, applied)) await summarise(models, kind, applied);
    return message;
  }
  const followed = await followThread(models, message);
  if (followed) return applyToThread(models, followed, isQuiet);
  if (await makeThread(models, message, contact, withFiles)) return message;
  // Another message has created the thread meanwhile, so this one has not been applied to it yet.
  return applyToThread(models, message, isQuiet);
}

/**
 * Whether the summary that the message was applied to is wrong: an outbound message was cancelled just now,
 * or answers only some of the mail, because later mail was applied before it.
 */
async function changedMeanwhile(
  models: Models,
  { _id, workspace_id, direction, created_at }: MessageRow,
  { last_message_at }: Pick<ThreadRow, 'last_message_at'>,
): Promise<boolean> {
  if (direction !== 'outbound') return false;
  if (last_message_at > created_at) return true;
  const cancelled = { _id, workspace_id, state: 'cancelled' } as const;
  return (await collectionOf(models.Message).countDocuments(cancelled)) > 0;
}

/**
 * One update, decided on the row as it is then. Applying a message again changes nothing: it opens only a
 * thread that was closed before the message came, and restores only one that was put into the trash before.
 */
function changesBy(
  message: MessageRow,
  { mayOpen, withFiles }: { mayOpen: boolean; withFiles: boolean },
): mongo.Document[] {
  const { created_at: at } = message;
  const before = (field: string) => ({ $and: [mayOpen, { $gt: [field, null] }, { $lt: [field, at] }] });
  const opens = { $and: [{ $eq: ['$status', 'closed'] }, before('$closed_at')] };
  const restores = before('$deleted_at');
  const summary = summaryWith(message, withFiles);
  const isSummaryNew = Object.entries(summary).map(([field, value]) => ({
    $ne: [{ $ifNull: [`$${field}`, null] }, value],
  }));
  const isNew = { $or: [{ $lt: ['$last_message_at', at] }, opens, restores, ...isSummaryNew] };
  const union = (field: string, more: string[]) => ({
    $setUnion: [{ $ifNull: [field, []] }, { $literal: more }],
  });
  const isFull = { $gte: [{ $size: { $ifNull: ['$words', []] } }, FULL_AT_WORDS] };
  return [
    {
      $set: {
        ...summary,
        ...readStateWith(message),
        ...(mayOpen && wokenBy(message)),
        people: '$$REMOVE',
        words: { $cond: [isFull, '$words', union('$words', wordsOfMessage(message))] },
        last_message_at: { $max: ['$last_message_at', at] },
        status: { $cond: [opens, 'open', '$status'] },
        closed_at: { $cond: [opens, null, '$closed_at'] },
        reopened_by: {
          $cond: [
            { $or: [opens, restores] },
            { $literal: writerOf(message) },
            { $ifNull: ['$reopened_by', null] },
          ],
        },
        deleted_at: { $cond: [restores, '$$REMOVE', '$deleted_at'] },
        hidden: { $cond: [restores, { $cond: [{ $eq: ['$spam', true] }, 'spam', null] }, '$hidden'] },
        // By our clock: a client that asks for changes since a time must not miss a mail that was delayed.
        updated_at: { $cond: [isNew, new Date(), '$updated_at'] },
        changes: { $add: [{ $ifNull: ['$changes', 0] }, { $cond: [isNew, 1, 0] }] },
      },
    },
  ];
}

/** As in `reopened_by` of a thread. */
const writerOf = ({ direction, contact_id, author_id }: MessageRow): string =>
  direction === 'inbound' ? `contact:${contact_id}` : `user:${author_id}`;

/** The summary of the thread with the message, as expressions (`summarise` makes it of all messages). */
function summaryWith(message: MessageRow, withFiles: boolean): Record<keyof ThreadSummary, mongo.Document> {
  const { _id, direction, created_at: at, text } = message;
  const last = { $ifNull: ['$last_message.at', new Date(0)] };
  const isLast = {
    $or: [
      { $lt: [last, at] },
      { $and: [{ $eq: [last, at] }, { $lte: [{ $ifNull: ['$last_message.id', ''] }, _id] }] },
    ],
  };
  const answered = { $ifNull: ['$answered_at', null] };
  const answeredNow = direction === 'outbound' ? { $max: [answered, at] } : answered;
  const waiting = { $ifNull: ['$waiting_since', null] };
  // `$max` and `$min` leave null out; a time is greater than null.
  const needsNone = { $max: [answeredNow, { $ifNull: ['$settled_at', null] }] };
  return {
    preview: { $cond: [isLast, { $literal: previewOf(text) }, { $ifNull: ['$preview', ''] }] },
    last_message: {
      $cond: [isLast, { $literal: lastMessageOf(message) }, { $ifNull: ['$last_message', null] }],
    },
    has_attachments: { $or: [{ $eq: ['$has_attachments', true] }, withFiles] },
    waiting_since: isQuestion(message)
      ? { $cond: [{ $gt: [at, needsNone] }, { $min: [waiting, at] }, waiting] }
      : { $cond: [{ $lte: [waiting, needsNone] }, null, waiting] },
    answered_at: answeredNow,
  };
}

/** Mail of a person ends a snooze when it comes; applied again, later, it does not. */
function wokenBy({ direction, stored_at }: MessageRow): mongo.Document {
  if (direction !== 'inbound') return {};
  const isNews = { $gt: [stored_at, { $ifNull: ['$news_at', null] }] };
  const unlessNews = (field: string) => ({ $cond: [isNews, null, { $ifNull: [field, null] }] });
  return { snoozed_until: unlessNews('$snoozed_until'), snoozed_by: unlessNews('$snoozed_by') };
}

/**
 * Who has read the thread with the message. Mail that is news makes it unread for everyone. Who writes in a
 * thread has read it; applied again, after newer messages, the message says nothing about its author.
 */
function readStateWith({ _id, direction, author_id, created_at, stored_at }: MessageRow): mongo.Document {
  const readers = { $ifNull: ['$read_by', []] };
  const newest = { $ifNull: ['$news_at', null] };
  if (direction === 'inbound')
    return {
      news_at: { $max: [newest, stored_at] },
      read_by: { $cond: [{ $gt: [stored_at, newest] }, [], readers] },
    };
  const isFirstTime = {
    $and: [
      { $lt: [{ $ifNull: ['$last_message.at', new Date(0)] }, created_at] },
      { $ne: [{ $ifNull: ['$last_message.id', ''] }, _id] },
      { $gt: [created_at, newest] },
    ],
  };
  return { read_by: { $cond: [isFirstTime, { $setUnion: [readers, [author_id]] }, readers] } };
}
