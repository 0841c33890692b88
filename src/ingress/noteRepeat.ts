import mongoose from 'mongoose';
import type { InboundEmailRow, Models } from '../infra/models/index.ts';
import { insertNew } from '../infra/models/insertNew.ts';
import { hashOf } from '../lib/ids.ts';

/** How many repeats a row names itself; each further one is a row of its own (infra/models/repeat.ts). */
const MAX_REPEATS = 100;

/**
 * Notes a post on the row of the post that it repeats. Retention deletes it with that one. Idempotent.
 * @returns false when the row does not exist yet, or MongoDB is away.
 */
export function createNoteRepeat({ connection, InboundEmail, Repeat }: Models) {
  return async (inboundEmailId: string, postId: string): Promise<boolean> => {
    // mongoose would hold the query for 10 s, and with it one of the few tasks that run at one time.
    if (connection.readyState !== mongoose.ConnectionStates.connected) return false;
    const row = await InboundEmail.findById(inboundEmailId, { key: 1, repeats: 1 }).lean<
      Pick<InboundEmailRow, 'key' | 'repeats'>
    >();
    if (!row) return false;
    const isTheSamePost = row.key.endsWith(`/${postId}.json`);
    if (isTheSamePost || row.repeats.includes(postId)) return true;
    const { matchedCount } = await InboundEmail.updateOne(
      { _id: inboundEmailId, [`repeats.${MAX_REPEATS - 1}`]: { $exists: false } },
      { $addToSet: { repeats: postId } },
    );
    const _id = hashOf(inboundEmailId, postId);
    if (matchedCount === 0)
      await insertNew(Repeat, [{ _id, inbound_email_id: inboundEmailId, post_id: postId }]);
    return true;
  };
}
