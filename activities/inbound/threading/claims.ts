import { hashOf } from '../../../src/lib/ids.ts';
import {
  collectionOf,
  type InboundEmailRow,
  type Models,
  type ThreadIdRow,
} from '../../../src/infra/models/index.ts';
import { isDuplicateKey } from '../../../src/infra/models/once.ts';
import type { ThreadRef } from './matches.ts';

/**
 * Claims on Message-Ids (infra/models/threadId.ts). A claim is one insert; a mail that comes second reads who
 * holds the claim. So two mails of one exchange that arrive at the same moment find each other before either
 * is stored. A claim belongs to a mail, and leads to that mail's thread.
 */
export interface Claimer {
  models: Models;
  row: InboundEmailRow;
  /** The thread that the mail opens when it joins none. */
  ownThreadId: string;
  /** Hashes of the mail's people. */
  people: string[];
}

/** Most claims on one id that are read: a mail behind them finds the others only once they are stored. */
const MAX_PLACES = 8;

/**
 * Claims `id` for a thread, unless the mail joins a thread for which the id is claimed already. Claims on one
 * id form a queue: a mail that may not join the first is placed behind it, so a stranger's claim does not
 * separate the mails of a thread. No claim ever leaves the queue, because then two mails could miss each
 * other.
 * @param joins whether the mail may join that thread
 * @returns the thread that it joins
 */
export async function claim(
  { models, row, ownThreadId, people }: Claimer,
  id: string,
  { audience, thread_kind, thread_id }: ThreadRef,
  claimed_as: ThreadIdRow['claimed_as'],
  joins: (holder: ThreadRef, claimedAs: ThreadIdRow['claimed_as']) => Promise<boolean>,
): Promise<ThreadRef | null> {
  for (let place = 0; place < MAX_PLACES;) {
    const existing = await insertOrFind(models, {
      // The hash contains the thread's audience, so that a claim never leads into another audience.
      _id: hashOf(row.workspace_id, audience, id, ...(place > 0 ? [place] : [])),
      workspace_id: row.workspace_id as string,
      thread_kind,
      thread_id,
      claimed_as,
      people: thread_id === ownThreadId ? people : [],
      joined: false,
      inbound_email_id: row._id,
      created_at: new Date(),
    });
    if (existing === null || existing.inbound_email_id === row._id) return null;
    const thread = await whereItLeads(models, existing, audience);
    // For example claimed by a copy of this mail.
    if (thread?.thread_id === thread_id) return null;
    if (!thread || !(await joins(thread, existing.claimed_as))) place += 1;
    // If it cannot be held, its mail has just moved to another thread: read it again.
    else if (await hold(models, existing)) return thread;
  }
  return null;
}

/** Makes the claim's mail stay in its thread. @returns false when it has left already. */
async function hold(models: Models, { _id, workspace_id, thread_id }: ThreadIdRow): Promise<boolean> {
  const held = await collectionOf(models.ThreadId).updateOne(
    { _id, workspace_id, thread_id },
    { $set: { joined: true } },
  );
  return held.matchedCount === 1;
}

/** @returns null when it was inserted. */
async function insertOrFind(models: Models, newRow: ThreadIdRow): Promise<ThreadIdRow | null> {
  const claims = collectionOf(models.ThreadId);
  try {
    await claims.insertOne(newRow);
    return null;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return claims.findOne({ _id: newRow._id, workspace_id: newRow.workspace_id });
  }
}

/**
 * Moves the claims of a mail (or its copy) when it joins another thread than the one it would open.
 * @returns false when it must stay, because another mail has joined its own thread meanwhile
 */
export async function moveClaims(
  { models, row, ownThreadId }: Claimer,
  { thread_kind, thread_id }: ThreadRef,
): Promise<boolean> {
  const claims = collectionOf(models.ThreadId);
  const own = { workspace_id: row.workspace_id as string, thread_id: ownThreadId };
  const mustStay = async () => (await claims.findOne({ ...own, joined: true })) !== null;
  if (await mustStay()) return false;
  await claims.updateMany(
    { ...own, joined: { $ne: true } },
    { $set: { thread_kind, thread_id, people: [] } },
  );
  return !(await mustStay());
}

/**
 * The thread that a claim leads to: the thread of its mail's message, else the one that `routeEmail` decided
 * (of two tries only one decides), else the claimed one. Null: its mail has no message in this audience,
 * because it was skipped, failed, or ran again with another outcome. No mail may wait for a thread that it
 * would have opened.
 */
export async function whereItLeads(
  models: Models,
  claimed: ThreadIdRow,
  audience: string,
): Promise<ThreadRef | null> {
  const mail = await collectionOf(models.InboundEmail).findOne(
    { _id: claimed.inbound_email_id, state: { $in: ['received', 'routed'] } },
    { projection: { state: 1, routes: 1, message_ids: 1 } },
  );
  if (!mail) return null;
  const thread =
    mail.state === 'routed'
      ? await collectionOf(models.Message).findOne(
          { workspace_id: claimed.workspace_id, _id: { $in: mail.message_ids }, audience },
          { projection: { thread_kind: 1, thread_id: 1 } },
        )
      : mail.routes
        ? mail.routes.find((route) => route.lands_in === audience)
        : claimed;
  return thread ? { thread_kind: thread.thread_kind, thread_id: thread.thread_id, audience } : null;
}

/** People of a claim are kept as hashes: the row outlives the mail's own retention. */
export function personHash(workspaceId: string, address: string): string {
  return hashOf('person', workspaceId, address).slice(0, 16);
}
