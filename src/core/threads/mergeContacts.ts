import type { mongo } from 'mongoose';
import { collectionOf, type ContactRow, type Models } from '../../infra/models/index.ts';
import { threadsOf } from './threads.ts';

/**
 * Merges a contact into another, in one transaction: the second gets the tickets and conversations of the
 * first, and later mail of the first goes to the second. The row of the first stays, because its address
 * leads to the second. Every member must see both, since notes, words and threads are joined: otherwise
 * members would see what is another's, or lose what is theirs.
 * @param mayMerge called with both rows as the transaction reads them; throws when they may not be merged
 */
export async function mergeContacts(
  models: Models,
  workspace_id: string,
  { from, into }: { from: string; into: string },
  mayMerge: (from: ContactRow | null, into: ContactRow | null) => void,
): Promise<void> {
  const contacts = collectionOf(models.Contact);
  await models.connection.transaction(async (session) => {
    const findContact = (_id: string) => contacts.findOne({ _id, workspace_id }, { session });
    const [first, second] = [await findContact(from), await findContact(into)];
    mayMerge(first, second);
    const { audiences, words, name, notes, blocked_at } = first as ContactRow;
    const target = second as ContactRow;
    const updated_at = new Date();
    const mergedMark = { merged_into: into, updated_at };
    // Both rows are written, so of two concurrent merges that share a contact, one fails.
    await contacts.updateOne(
      { _id: from, workspace_id },
      { $set: mergedMark, $inc: { changes: 1 } },
      { session },
    );
    await contacts.updateMany({ workspace_id, merged_into: from }, { $set: mergedMark }, { session });
    await contacts.updateOne(
      { _id: into, workspace_id },
      {
        $set: {
          name: target.name || name,
          notes: [target.notes, notes].filter(Boolean).join('\n\n'),
          // It is the same person: if one of the two was blocked, the person stays blocked.
          ...(blocked_at && !target.blocked_at && { blocked_at }),
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
