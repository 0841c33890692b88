import { collectionOf, type AttachmentRow, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { threadsOf } from './threads.ts';
import { DAY_MS } from '../../lib/time.ts';

/** How long a thread can be restored from the trash (days). */
const TRASH_DAYS = 30;

/** A thread that was put into the trash before this time is purged. */
export const purgedBefore = (now = Date.now()): Date => new Date(now - TRASH_DAYS * DAY_MS);

/** A mail that is older than this has been applied to its thread, even if an engine was away for days. */
const LONGEST_ON_ITS_WAY_DAYS = 14;
/** Threads that one call deletes at most, and messages that are deleted together. */
const BATCH = 50;
const MESSAGES = 200;

/**
 * Deletes threads that have been in the trash for 30 days: their messages, files and claims on Message-Ids.
 * Raw mail is left to retention (activities/retention/). Idempotent, safe to call concurrently, and may die
 * at any point.
 * @returns how many threads it deleted
 */
export async function purgeTrash(
  { models, storage }: { models: Models; storage: Storage },
  now = Date.now(),
): Promise<number> {
  let purged = 0;
  for (const kind of ['ticket', 'conversation'] as const) {
    const old = await threadsOf(models, kind)
      .find({ deleted_at: { $lt: purgedBefore(now) } }, { people: 0, words: 0 })
      .sort({ deleted_at: 1 })
      .limit(BATCH)
      .lean<ThreadRow[]>();
    for (const thread of old) if (await purge(models, storage, kind, thread, now)) purged += 1;
  }
  return purged;
}

async function purge(
  models: Models,
  storage: Storage,
  kind: MessageRow['thread_kind'],
  { _id, workspace_id, deleted_at }: ThreadRow,
  now: number,
): Promise<boolean> {
  const messages = collectionOf(models.Message);
  const here = { workspace_id, thread_id: _id };
  const since = new Date(Math.max((deleted_at as Date).getTime(), now - LONGEST_ON_ITS_WAY_DAYS * DAY_MS));
  // Such a message may be the customer's answer, which restores the thread as soon as it is applied.
  const isAnswer = [
    { direction: 'inbound', created_at: { $gt: since }, auto_reply: false, list_mail: false, spam: false },
  ] as const;
  const isWaiting = { ...here, $or: [{ 'outbound.is_open': true }, ...isAnswer] };
  if (await messages.findOne(isWaiting, { projection: { _id: 1 } })) return false;
  for (;;) {
    const some = await messages
      .find({ ...here, $nor: [...isAnswer] })
      .project<Pick<MessageRow, '_id'>>({ _id: 1 })
      .limit(MESSAGES)
      .toArray();
    if (some.length === 0) break;
    const ids = some.map((message) => message._id);
    await deleteFiles(models, storage, workspace_id, ids);
    await messages.deleteMany({ _id: { $in: ids }, ...here });
  }
  // A message came in the meantime.
  if (await messages.findOne(here, { projection: { _id: 1 } })) return false;
  await collectionOf(models.ThreadId).deleteMany(here);
  for (const other of ['ticket', 'conversation'] as const)
    await collectionOf(threadsOf(models, other)).deleteMany({ workspace_id, merged_into: _id });
  // Not if it was restored in the meantime.
  const { deletedCount } = await collectionOf(threadsOf(models, kind)).deleteOne({
    _id,
    workspace_id,
    deleted_at: deleted_at as Date,
  });
  return deletedCount === 1;
}

/** The stored bytes first: without the row nothing would find them again. */
async function deleteFiles(
  models: Models,
  storage: Storage,
  workspace_id: string,
  messageIds: string[],
): Promise<void> {
  const files = collectionOf(models.Attachment);
  const which = { workspace_id, message_id: { $in: messageIds } };
  const stored = files.find(which).project<Pick<AttachmentRow, 'key'>>({ key: 1 });
  for await (const { key } of stored) if (key !== null) await storage.delete(key);
  await files.deleteMany(which);
}
