import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { threadsOf } from '../threads/threads.ts';
import type { ReplyThread } from './draft.ts';

/** The thread got messages after the one that the agent had read last: the reply was not stored. */
export class AnsweredMeanwhile extends Error {
  override readonly name = 'AnsweredMeanwhile';
  /** Those messages, oldest first. */
  readonly since: MessageRow[];
  constructor(since: MessageRow[]) {
    super();
    this.since = since;
  }
}

/** How many messages `AnsweredMeanwhile` has. */
const MAX_SINCE = 20;
const NOT_NEEDED = { headers: 0, names: 0, people: 0, copies: 0 } as const;

/**
 * Reads the thread in the transaction that stores a reply, and writes its row: of two replies that are stored
 * at the same time, the second is retried, and then sees the first.
 * @returns null when the thread was merged, moved or deleted meanwhile
 */
export async function lockThread(
  models: Models,
  { kind, row: { _id, workspace_id } }: ReplyThread,
  session: mongo.ClientSession,
): Promise<ThreadRow | null> {
  return collectionOf(threadsOf(models, kind)).findOneAndUpdate(
    { _id, workspace_id, merged_into: { $exists: false } },
    { $inc: { checked_replies: 1 } },
    { session, returnDocument: 'after', projection: { people: 0, words: 0 } },
  );
}

/**
 * Notes, automatic mail and replies that were taken back do not count. If the message itself is no longer in
 * the thread, it is unknown what the agent has read, so the newest messages count as new.
 * @param after id of the newest message that the agent had read
 * @throws AnsweredMeanwhile
 */
export async function checkNothingSince(
  models: Models,
  { workspace_id, _id: thread_id, audience }: ThreadRow,
  after: string,
  session: mongo.ClientSession,
): Promise<void> {
  const messages = collectionOf(models.Message);
  const inThread = { workspace_id, thread_id, audience };
  const last = await messages.findOne(
    { _id: after, workspace_id, thread_id },
    { session, projection: { created_at: 1 } },
  );
  const since = await messages
    .find(
      {
        ...inThread,
        ...(last && {
          created_at: { $gte: last.created_at },
          $or: [{ created_at: { $gt: last.created_at } }, { _id: { $gt: after } }],
        }),
        direction: { $ne: 'note' },
        state: { $ne: 'cancelled' },
        auto_reply: false,
        list_mail: false,
        spam: false,
      },
      { session, projection: NOT_NEEDED },
    )
    .sort({ created_at: -1, _id: -1 })
    .limit(MAX_SINCE)
    .toArray();
  if (since.length > 0 || !last) throw new AnsweredMeanwhile(since.reverse());
}
