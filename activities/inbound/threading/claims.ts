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
 * Claims on Message-Ids (infra/models/threadId.ts). A claim is one insert; whoever comes second reads who holds it. So two
 * mails of one exchange that arrive at the same moment meet, before either is stored. A claim stands for its mail, and
 * leads where that went.
 */
export interface Claimer {
  models: Models;
  row: InboundEmailRow;
  /** The thread that the mail opens when it joins none. */
  ownThreadId: string;
  /** Hashes of the mail's people. */
  people: string[];
}

/** Claims on one id that are looked at: whoever comes behind them meets others only once these are stored. */
const MAX_PLACES = 8;

/**
 * Claims `id` for a thread, unless the mail joins one for which it is claimed already. Claims on an id stand in a row: a
 * mail that may not join the first comes behind it, so a stranger's keeps nobody apart. None is ever taken out of the row,
 * or two mails could pass each other.
 * @param joins whether the mail may join that thread
 * @returns the thread that it joins
 */
export async function claim(
  { models, row, ownThreadId, people }: Claimer,
  id: string,
  { audience, thread_kind, thread_id }: ThreadRef,
  claimed_as: ThreadIdRow['claimed_as'],
  joins: (there: ThreadRef, claimedAs: ThreadIdRow['claimed_as']) => Promise<boolean>,
): Promise<ThreadRef | null> {
  for (let place = 0; place < MAX_PLACES;) {
    const there = await insertOrFind(models, {
      // In the thread's audience: a claim leads nobody into a thread of another one.
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
    if (there === null || there.inbound_email_id === row._id) return null;
    const thread = await whereItLeads(models, there, audience);
    // By a copy of this mail, say.
    if (thread?.thread_id === thread_id) return null;
    if (!thread || !(await joins(thread, there.claimed_as))) place += 1;
    // Else its mail has just left for another thread: looked at again.
    else if (await hold(models, there)) return thread;
  }
  return null;
}

/** The claim's mail does not leave its thread any more. @returns false when it has left. */
async function hold(models: Models, { _id, thread_id }: ThreadIdRow): Promise<boolean> {
  const held = await collectionOf(models.ThreadId).updateOne({ _id, thread_id }, { $set: { joined: true } });
  return held.matchedCount === 1;
}

/** @returns null when it was inserted. */
async function insertOrFind(models: Models, mine: ThreadIdRow): Promise<ThreadIdRow | null> {
  const claims = collectionOf(models.ThreadId);
  try {
    await claims.insertOne(mine);
    return null;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return claims.findOne({ _id: mine._id });
  }
}

/**
 * The mail joins another thread than its own: what it, or a copy of it, claimed for its own goes with it.
 * @returns false when it must stay: another mail has joined its own thread meanwhile
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
 * The thread that a claim leads to: that of its mail's message, else of the decision about the mail (of two tries of
 * `routeEmail` only one decides), else as claimed. Null: its mail became nothing in this audience: skipped, failed, or
 * run again with another outcome. Nobody may wait for a thread that it would have opened.
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
          { _id: { $in: mail.message_ids }, audience },
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
