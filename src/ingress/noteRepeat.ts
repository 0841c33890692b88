import mongoose from 'mongoose';
import type { InboundEmailRow, Models } from '../infra/models/index.ts';

/**
 * Notes a post on the row of the post that it repeats (field `repeats`).
 * @returns false when the row does not exist yet, or MongoDB is away.
 */
export function createNoteRepeat({ connection, InboundEmail }: Models) {
  return async (inboundEmailId: string, postId: string): Promise<boolean> => {
    // mongoose would hold the query for 10 s, and with it one of the few tasks that run at one time.
    if (connection.readyState !== mongoose.ConnectionStates.connected) return false;
    const row = await InboundEmail.findById(inboundEmailId, { key: 1 }).lean<Pick<InboundEmailRow, 'key'>>();
    if (!row) return false;
    const isTheSamePost = row.key.endsWith(`/${postId}.json`);
    if (!isTheSamePost)
      await InboundEmail.updateOne({ _id: inboundEmailId }, { $addToSet: { repeats: postId } });
    return true;
  };
}
