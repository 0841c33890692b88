import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { SYSTEM, type Actor } from '../../infra/models/history.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { newLastChange } from './lastChange.ts';
import { moveMessages } from './moveMessages.ts';
import { summarise } from './summary.ts';
import { threadsOf } from './threads.ts';
import { joinedWords } from './words.ts';
import { HOUR_MS } from '../../lib/time.ts';

type Kind = MessageRow['thread_kind'];

/** Two threads of one kind, the first of which is merged into the second. */
export interface Merge {
  kind: Kind;
  from: string;
  into: string;
  /** Who merges them; the history of the second shows it. */
  actor?: Actor;
}

/**
 * Merges a thread into another of its kind and audience, in one transaction. Mail that answers either of them
 * goes to the second. The row of the first stays and names the second.
 * @param mayMerge called with both rows as the transaction reads them; throws when they may not be merged
 * @returns the second thread
 */
export async function mergeThreads(
  models: Models,
  workspace_id: string,
  { kind, from, into, actor = SYSTEM }: Merge,
  mayMerge: (from: ThreadRow | null, into: ThreadRow | null) => asserts from is ThreadRow,
): Promise<ThreadRow> {
  const threads = collectionOf(threadsOf(models, kind));
  const merged = await models.connection.transaction(async (session) => {
    const findThread = (_id: string) => threads.findOne({ _id, workspace_id }, { session });
    const [first, second] = [await findThread(from), await findThread(into)];
    mayMerge(first, second);
    const at = new Date();
    // Both rows are written, so of two concurrent merges that share a thread, one fails. Otherwise two
    // threads could be merged into each other, or one into two others.
    await markMerged(models, first, { kind, id: into }, at, session);
    const row = await threads.findOneAndUpdate(
      { _id: into, workspace_id },
      withThread(second as ThreadRow, first, at, actor),
      { session, returnDocument: 'after' },
    );
    await collectionOf(models.ThreadId).updateMany(
      { workspace_id, thread_id: from },
      // A merge makes nobody known in the second thread.
      { $set: { thread_id: into, people: [] } },
      { session },
    );
    await moveAllMessages(models, first, row as ThreadRow, kind, session);
    await summarise(models, kind, row as ThreadRow, session);
    return row as ThreadRow;
  });
  await moveLateMessages(models, workspace_id, { kind, from, into }, merged.audience);
  await summarise(models, kind, merged);
  return (await threads.findOne({ _id: into, workspace_id })) ?? merged;
}

/** Writes into the thread what it was merged into, and into those that were merged into it before. */
export async function markMerged(
  models: Models,
  { _id, workspace_id }: ThreadRow,
  to: { kind: Kind; id: string },
  at: Date,
  session: mongo.ClientSession,
): Promise<void> {
  const mergedMark = { merged_into: to.id, merged_kind: to.kind };
  for (const kind of ['ticket', 'conversation'] as const) {
    const threads = collectionOf(threadsOf(models, kind));
    await threads.updateMany({ workspace_id, merged_into: _id }, { $set: mergedMark }, { session });
    await threads.updateOne(
      { _id, workspace_id },
      { $set: { ...mergedMark, merged_at: at, hidden: 'merged', updated_at: at }, $inc: { changes: 1 } },
      { session },
    );
  }
}

function withThread(into: ThreadRow, from: ThreadRow, at: Date, actor: Actor): mongo.UpdateFilter<ThreadRow> {
  // An open thread that is merged into a closed one opens it: a question in it may wait for an answer.
  const opens = into.status === 'closed' && from.status !== 'closed';
  return {
    $set: {
      updated_at: at,
      last_change: newLastChange(into, actor, [{ action: 'merged', from: from._id, to: null }]),
      settled_at: settledIn([into, from]),
      words: joinedWords(into.words, from.words),
      // Unread mail of either thread is unread in the whole. (A user who has read both has read it.)
      read_by: into.read_by.filter((user) => from.read_by.includes(user)),
      ...(opens && { status: from.status, closed_at: null }),
    },
    $max: { last_message_at: from.last_message_at, ...(from.news_at && { news_at: from.news_at }) },
    $addToSet: {
      tags: { $each: from.tags },
      followers: { $each: from.followers },
    },
    $inc: { changes: 1 },
  };
}

/**
 * Up to when mail of the threads needs no answer: all mail before the first that waits in one of them. Where
 * none waits, up to when the last of them was closed.
 */
export function settledIn(threads: Pick<ThreadRow, 'waiting_since' | 'settled_at'>[]): Date | null {
  const waiting = threads.flatMap(({ waiting_since }) => waiting_since?.getTime() ?? []);
  if (waiting.length > 0) return new Date(Math.min(...waiting) - 1);
  const settled = threads.flatMap(({ settled_at }) => settled_at?.getTime() ?? []);
  return settled.length > 0 ? new Date(Math.max(...settled)) : null;
}

const moveAllMessages = (
  models: Models,
  from: Pick<ThreadRow, '_id' | 'workspace_id' | 'audience'>,
  into: Pick<ThreadRow, '_id' | 'audience'>,
  kind: Kind,
  session?: mongo.ClientSession,
): Promise<void> =>
  moveMessages(
    models,
    from.workspace_id,
    { kind, id: from._id, audience: from.audience },
    { kind, id: into._id, audience: into.audience },
    session && { session },
  );

/**
 * Moves a message that was stored during the merge and applied to the first thread just before it: the
 * transaction does not see it. A message that is applied later follows on its own (`followThread` in
 * moveMessages.ts).
 */
const moveLateMessages = (
  models: Models,
  workspace_id: string,
  { kind, from, into }: Merge,
  audience: string,
): Promise<void> =>
  moveAllMessages(models, { _id: from, workspace_id, audience }, { _id: into, audience }, kind);

/** How long after a merge messages may still arrive in the merged thread (ms). */
const SETTLED_AFTER_MS = HOUR_MS;

/** Finishes merges whose process died just after the transaction. @returns how many threads were checked */
export async function settleMerges(models: Models, now = Date.now()): Promise<number> {
  let settled = 0;
  for (const kind of ['ticket', 'conversation'] as const) {
    const recent = await threadsOf(models, kind)
      .find(
        { merged_at: { $gt: new Date(now - SETTLED_AFTER_MS) } },
        { workspace_id: 1, audience: 1, merged_into: 1, merged_kind: 1 },
      )
      .lean<ThreadRow[]>();
    for (const { _id, workspace_id, audience, merged_into, merged_kind } of recent) {
      const to = { kind: merged_kind ?? kind, id: merged_into as string };
      const into = await threadsOf(models, to.kind)
        .findOne({ _id: to.id, workspace_id }, { audience: 1 })
        .lean<ThreadRow>();
      if (!into) continue;
      await moveMessages(
        models,
        workspace_id,
        { kind, id: _id, audience },
        { ...to, audience: into.audience },
      );
      await summarise(models, to.kind, { _id: to.id, workspace_id });
      settled += 1;
    }
  }
  return settled;
}
