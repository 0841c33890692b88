import { collectionOf, type AttachmentRow, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { threadsOf } from './threads.ts';
import { behind, movingOn, newRowCursor, type RowCursor } from '../../lib/rowCursor.ts';
import { DAY_MS } from '../../lib/time.ts';

/** For how many days a thread can be restored from the trash. */
export const TRASH_DAYS = 30;

/** Threads that were put into the trash before this time are purged. */
export const purgedBefore = (now = Date.now()): Date => new Date(now - TRASH_DAYS * DAY_MS);

/** After this many days, a mail has been applied to its thread, even after a long outage. */
const LONGEST_PROCESSING_DAYS = 14;
/** How many threads one call purges of each kind, and how many messages it deletes at a time. */
const THREAD_BATCH = 50;
const MESSAGE_BATCH = 200;

type ExpiredThread = Pick<ThreadRow, '_id' | 'workspace_id'> & { deleted_at: Date };

/** How far `purgeTrash` has come. */
export const newTrashCursors = (): Record<MessageRow['thread_kind'], RowCursor> => ({
  ticket: newRowCursor(),
  conversation: newRowCursor(),
});

/**
 * Deletes threads that have been in the trash for 30 days: messages, files with their bytes, and claimed
 * message ids. The archived mails are left to the retention workflow. Idempotent; safe to call concurrently;
 * a call that dies half-way leaves the rest to the next one.
 * @param cursor kept between calls: threads with mail that may restore them stay
 * @returns how many threads it deleted
 */
export async function purgeTrash(
  { models, storage }: { models: Models; storage: Storage },
  now = Date.now(),
  cursors = newTrashCursors(),
): Promise<number> {
  let purged = 0;
  for (const kind of ['ticket', 'conversation'] as const) {
    const expired = await threadsOf(models, kind)
      .find(behind(cursors[kind], 'deleted_at', purgedBefore(now)), { workspace_id: 1, deleted_at: 1 })
      .sort({ deleted_at: 1, _id: 1 })
      .limit(THREAD_BATCH)
      .lean<ExpiredThread[]>();
    for (const thread of movingOn(cursors[kind], expired, THREAD_BATCH, ({ deleted_at }) => deleted_at))
      if (await purge(models, storage, kind, thread, now)) purged += 1;
  }
  return purged;
}

async function purge(
  models: Models,
  storage: Storage,
  kind: MessageRow['thread_kind'],
  { _id, workspace_id, deleted_at }: ExpiredThread,
  now: number,
): Promise<boolean> {
  const messages = collectionOf(models.Message);
  const inThread = { workspace_id, thread_id: _id };
  const since = new Date(Math.max(deleted_at.getTime(), now - LONGEST_PROCESSING_DAYS * DAY_MS));
  // Such a message may be a customer's answer, which restores the thread as soon as it is applied.
  const isAnswer = [
    {
      direction: 'inbound',
      created_at: { $gt: since },
      auto_reply: false,
      list_mail: false,
      spam: false,
      'authentication.verdict': { $ne: 'fail' },
    },
  ] as const;
  const isWaiting = { ...inThread, $or: [{ 'outbound.is_open': true }, ...isAnswer] };
  if (await messages.findOne(isWaiting, { projection: { _id: 1 } })) return false;
  for (;;) {
    const batch = await messages
      .find({ ...inThread, $nor: [...isAnswer] })
      .project<Pick<MessageRow, '_id'>>({ _id: 1 })
      .limit(MESSAGE_BATCH)
      .toArray();
    if (batch.length === 0) break;
    const ids = batch.map((message) => message._id);
    await deleteFiles(models, storage, workspace_id, ids);
    await messages.deleteMany({ _id: { $in: ids }, ...inThread });
  }
  // A message came meanwhile.
  if (await messages.findOne(inThread, { projection: { _id: 1 } })) return false;
  await collectionOf(models.ThreadId).deleteMany(inThread);
  await collectionOf(models.History).deleteMany(inThread);
  for (const other of ['ticket', 'conversation'] as const)
    await collectionOf(threadsOf(models, other)).deleteMany({ workspace_id, merged_into: _id });
  // Only if it was not restored meanwhile.
  const { deletedCount } = await collectionOf(threadsOf(models, kind)).deleteOne({
    _id,
    workspace_id,
    deleted_at,
  });
  return deletedCount === 1;
}

/** The bytes first: without the row, their key would be lost. */
async function deleteFiles(
  models: Models,
  storage: Storage,
  workspace_id: string,
  messageIds: string[],
): Promise<void> {
  const files = collectionOf(models.Attachment);
  const filter = { workspace_id, message_id: { $in: messageIds } };
  const stored = files.find(filter).project<Pick<AttachmentRow, 'key'>>({ key: 1 });
  for await (const { key } of stored) if (key !== null) await storage.delete(key);
  await files.deleteMany(filter);
}
