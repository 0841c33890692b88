import { hashOf } from '../../src/temporal/ids.ts';
import { collectionOf, type InboundEmailRow, type Models, type ThreadIdRow } from '../../src/models/index.ts';
import { isDuplicateKey } from '../../src/models/once.ts';
import type { ThreadRef } from './matches.ts';

/**
 * Claims on Message-Ids (models/threadId.ts). A claim is one insert; whoever comes second reads who holds it. So two
 * mails of one exchange that arrive at the same moment meet, before either is stored.
 */
export interface Claimer {
  models: Models;
  row: InboundEmailRow;
  audience: string;
  /** The thread that the mail opens when it joins none. */
  ownThreadId: string;
  /** Hashes of the mail's people. */
  people: string[];
}

/** Claims `id` for a thread. @returns null when it is ours now, else the claim that was there before. */
export async function claim(
  { models, row, audience, ownThreadId, people }: Claimer,
  id: string,
  thread: ThreadRef,
  as: ThreadIdRow['claimed_as'],
): Promise<ThreadIdRow | null> {
  const _id = hashOf(row.workspace_id, audience, id);
  const claims = collectionOf(models.ThreadId);
  try {
    await claims.insertOne({
      _id,
      workspace_id: row.workspace_id as string,
      thread_kind: thread.thread_kind,
      thread_id: thread.thread_id,
      claimed_as: as,
      people: thread.thread_id === ownThreadId ? people : [],
      inbound_email_id: row._id,
      created_at: new Date(),
    });
    return null;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const holder = await claims.findOne({ _id });
    return holder && holder.inbound_email_id !== row._id ? holder : null;
  }
}

/** The mail that carries this id is here now: a claim that was made for it by its answer becomes its own. */
export async function takeOver(
  { models, row, audience }: Claimer,
  id: string,
  thread: ThreadRef,
): Promise<void> {
  await models.ThreadId.updateOne(
    { _id: hashOf(row.workspace_id, audience, id), claimed_as: 'parent' },
    { $set: { claimed_as: 'own', thread_kind: thread.thread_kind, thread_id: thread.thread_id } },
  );
}

/** Drops what this mail claimed for a thread that it did not go to after all (two tries of `routeEmail` at once). */
export async function dropClaims(models: Models, row: InboundEmailRow, keep: string[]): Promise<void> {
  const mine = await models.ThreadId.find({
    workspace_id: row.workspace_id,
    inbound_email_id: row._id,
  }).lean();
  const stale = mine.filter((claimed) => !keep.includes(claimed.thread_id)).map((claimed) => claimed._id);
  if (stale.length > 0) await models.ThreadId.deleteMany({ _id: { $in: stale } });
}

/** People of a claim are kept as hashes: the row outlives the mail's own retention. */
export function personHash(workspaceId: string, address: string): string {
  return hashOf('person', workspaceId, address).slice(0, 16);
}
