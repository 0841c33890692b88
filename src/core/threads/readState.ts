import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { threadsOf, WITHOUT_LISTS } from './threads.ts';

/** A thread and who has read it. */
interface Reader {
  _id: string;
  userId: string;
  /** Filter of threads that the user may see. */
  visible: object;
  /**
   * When the last message that the user has seen was stored: the thread stays as it is if it has newer mail.
   * By default the user has seen everything.
   */
  upTo?: Date | null;
}

/**
 * Marks a thread as read or unread for one user; idempotent. It is no change of the thread: its ETag stays,
 * and nobody else is notified of it.
 * @returns null when there is no such thread any more
 */
export function markRead(
  models: Models,
  kind: MessageRow['thread_kind'],
  { _id, userId, visible, upTo = null }: Reader,
  isRead: boolean,
): Promise<ThreadRow | null> {
  const readers = { $ifNull: ['$read_by', []] };
  const read = { $setUnion: [readers, [userId]] };
  const isSeen = { $lte: [{ $ifNull: ['$news_at', null] }, upTo] };
  const change = upTo
    ? [{ $set: { read_by: { $cond: [isSeen, read, readers] } } }]
    : { [isRead ? '$addToSet' : '$pull']: { read_by: userId } };
  return collectionOf(threadsOf(models, kind)).findOneAndUpdate({ _id, ...visible }, change, {
    returnDocument: 'after',
    projection: WITHOUT_LISTS,
  });
}
