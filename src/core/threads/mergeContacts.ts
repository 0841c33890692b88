import type { mongo } from 'mongoose';
import { collectionOf, type ContactRow, type Models } from '../../infra/models/index.ts';
import { threadsOf } from './threads.ts';

/**
 * Merges a contact into another, all or nothing: their tickets and conversations, and what they write from now on, are the
 * second's. The first stays as a row: its address leads to the second. Everybody must see both, since notes, words and the threads
 * of all are joined: what is one person's would be shown to others, or taken from them.
 * @param mayMerge asked of both as they are in the transaction; throws where they may not be merged (any more)
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
    // Both rows are written, so two merges that share one cannot both be made.
    await contacts.updateOne({ _id: from, workspace_id }, { $set: went, $inc: { changes: 1 } }, { session });
    await contacts.updateMany({ workspace_id, merged_into: from }, { $set: went }, { session });
    await contacts.updateOne(
      { _id: into, workspace_id },
      {
        $set: {
          name: now.name || name,
          notes: [now.notes, notes].filter(Boolean).join('\n\n'),
          // It is the same person: who was blocked stays so.
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
  // One that was made at the same moment.
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
