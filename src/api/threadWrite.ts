import type { ClientSession } from 'mongoose';
import { seenBy, type ApiUser } from '../core/presenters/visibility.ts';
import { actorFor, withLastChange } from '../core/threads/lastChange.ts';
import { threadsOf, unchanged, WITHOUT_LISTS } from '../core/threads/threads.ts';
import type { MessageRow, Models } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';

/**
 * Writes a change of a thread for `changeRow`: only if the thread is as it was read, and the user may still
 * see it. The history keeps who did it.
 * @param session of a transaction that changes more than the thread
 */
export const threadWriter =
  (models: Models, kind: MessageRow['thread_kind'], user: ApiUser, session?: ClientSession) =>
  (row: ThreadRow, change: object): Promise<ThreadRow | null> =>
    threadsOf(models, kind)
      .findOneAndUpdate({ ...unchanged(row), ...seenBy(user) }, withLastChange(row, change, actorFor(user)), {
        returnDocument: 'after',
        projection: WITHOUT_LISTS,
        ...(session && { session }),
      })
      .lean<ThreadRow>();
