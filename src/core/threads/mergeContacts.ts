import type { mongo } from 'mongoose';
import { collectionOf, type ContactRow, type Models } from '../../infra/models/index.ts';
import { threadsOf } from './threads.ts';

/**
 * Merges a contact into another, in one transaction: the second gets its tickets and conversations, and what
 * it writes from now on. The row of the first stays, so that its address leads to the second. Both must be
 * visible to every member, because notes, words and threads are joined: otherwise members would see what is
 * personal to another one.
 * @param mayMerge is given both as they are in the transaction; throws when they may not be merged (any more)
 */
export async function mergeContacts(
  models: Models,
  workspace_id: string,
  { from, into }: { from: string; into: string },
  mayMerge: (from: ContactRow | null, into: ContactRow | null) => void,
): Promise<void> {
  const contacts = collectionOf(models.Contact);
  await models.connection.transaction(async (session) => {
    const find = (_id: string) => contacts.findOne({ _id, workspace_id }, { session });
    const [first, second] = [await find(from), await find(into)];
    mayMerge(first, second);
    const { audiences, words, name, notes, blocked_at } = first as ContactRow;
    const now = second as ContactRow;
    const updated_at = new Date();
    const went = { merged_into: into, updated_at };
    // Both rows are written, so that of two concurrent merges with a common contact one fails.
    await contacts.updateOne({ _id: from, workspace_id }, { $set: went, $inc: { changes: 1 } }, { session });
    await contacts.updateMany({ workspace_id, merged_into: from }, { $set: went }, { session });
    await contacts.updateOne(
      { _id: into, workspace_id },
      {
        $set: {
          name: now.name || name,
          notes: [now.notes, notes].filter(Boolean).join('\n\n'),
          // It is the same person: a block stays.
          ...(blocked_at && !now.blocked_at && { blocked_at }),
          updated_at,
        },
        $addToSet: { audiences: { $each: audiences }, words: { $each: words } },
        $inc: { changes: 1 },
      },
      { session },
    );
    await moveThreads(models, workspace_id, from, into, session);
  });
  // A thread that was created during the transaction.
  await moveThreads(models, workspace_id, from, into);
}

async function moveThreads(
  models: Models,
  workspace_id: string,
  from: string,
  into: string,
  session?: mongo.ClientSession,
): Promise<void> {
  for (const kind of ['ticket', 'conversation'] as const)
    await collectionOf(threadsOf(models, kind)).updateMany(
      { workspace_id, contact_id: from },
      { $set: { contact_id: into, updated_at: new Date() }, $inc: { changes: 1 } },
      session && { session },
    );
}
