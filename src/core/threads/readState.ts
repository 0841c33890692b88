import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { threadsOf, WITHOUT_LISTS } from './threads.ts';

/**
 * Marks a thread as read or unread for one user; idempotent. It is no change of the thread: its ETag stays,
 * and nobody else is notified of it.
 * @param visible filter of threads that the user may see
 * @returns null when there is no such thread any more
 */
export function markRead(
  models: Models,
  kind: MessageRow['thread_kind'],
  { _id, userId, visible }: { _id: string; userId: string; visible: object },
  isRead: boolean,
): Promise<ThreadRow | null> {
  return threadsOf(models, kind)
    .findOneAndUpdate(
      { _id, ...visible },
      { [isRead ? '$addToSet' : '$pull']: { read_by: userId } },
      { returnDocument: 'after', projection: WITHOUT_LISTS },
    )
    .lean<ThreadRow>();
}
