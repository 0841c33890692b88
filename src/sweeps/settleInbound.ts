import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { reopenThread } from '../core/replies/applyEvents.ts';
import { asSet } from '../core/replies/change.ts';
import { beginAgain } from '../core/replies/maybeSent.ts';
import type { InboundEmailRow, Models, OutboundMessageRow } from '../infra/models/index.ts';
import type { MessageState, Outbound } from '../infra/models/outbound.ts';
import { countMail, countReply } from '../infra/telemetry/metrics.ts';
import { inboundWorkflowId, replyWorkflowId } from '../infra/temporal/ids.ts';
import { runState, type RunState } from '../infra/temporal/runs.ts';
import { behind, movingOn, newRowCursor, type RowCursor } from '../lib/rowCursor.ts';

/** Rows that one call checks. */
const BATCH = 200;

/**
 * No mail vanishes: a row that is not final after `olderThanMs`, and whose run has closed because
 * an operator ended it, becomes `failed`. There people see it, and can run it again. One whose run is open is
 * stuck: people see that too.
 * @param cursor kept between calls
 * @returns the number of mails that became `failed`.
 */
export async function settleInbound(
  { models, client, log }: { models: Models; client: Client; log: Logger },
  olderThanMs: number,
  cursor = newRowCursor(),
): Promise<number> {
  const before = new Date(Date.now() - olderThanMs);
  // A row is never changed before it is created.
  const unfinished = {
    state: 'received' as const,
    updated_at: { $lt: before },
    ...behind(cursor, 'created_at', before),
  };
  const rows = await models.InboundEmail.find(unfinished, { run: 1, created_at: 1 })
    .sort({ created_at: 1, _id: 1 })
    .limit(BATCH)
    .lean<Pick<InboundEmailRow, '_id' | 'run' | 'created_at'>[]>();
  let settled = 0;
  for (const { _id, run } of movingOn(cursor, rows, BATCH, ({ created_at }) => created_at)) {
    const runNow = await runState(client, inboundWorkflowId(_id, run));
    if (runNow.state === 'open') {
      await markStuck(models, _id, run);
      continue;
    }
    const reason = endedBecause(runNow);
    const { modifiedCount } = await models.InboundEmail.updateOne(
      { _id, run, state: 'received' },
      { $set: { state: 'failed', reason, updated_at: new Date() } },
    );
    settled += modifiedCount;
    if (modifiedCount === 1) countMail('failed');
    log.warn({ inbound_email_id: _id, run, reason }, 'a mail was left unfinished; it is in the failed list');
  }
  return settled;
}

/** Age of the oldest mail whose run has not ended, in seconds; 0 = there is none. */
export async function oldestReceivedAge({ InboundEmail }: Models): Promise<number> {
  const oldest = await InboundEmail.findOne({ state: 'received' }, { created_at: 1 })
    .sort({ created_at: 1, _id: 1 })
    .lean<Pick<InboundEmailRow, 'created_at'>>();
  return oldest ? (Date.now() - oldest.created_at.getTime()) / 1000 : 0;
}

const markStuck = ({ InboundEmail }: Models, _id: string, run: number) =>
  InboundEmail.updateOne(
    { _id, run, state: 'received', stuck_since: null },
    { $set: { stuck_since: new Date() } },
  );

/**
 * Settles replies that were due `olderThanMs` ago and whose run has closed. When Temporal does not know the
 * run (it was restored from a backup) and no call is unclear, the run is started again. When the run has
 * completed, the database was restored to an earlier moment than Temporal: a new run finds out whether the
 * reply was sent. When an operator ended it, the reply becomes `failed`, or `unconfirmed` when it may have been
 * sent; an agent can retry both.
 * @param cursor kept between calls
 * @returns the number of replies settled.
 */
export async function settleReplies(
  { models, client, log }: { models: Models; client: Client; log: Logger },
  olderThanMs: number,
  cursor = newRowCursor(),
): Promise<number> {
  let settled = 0;
  const late = await lateReplies(models, new Date(Date.now() - olderThanMs), cursor);
  for (const { _id, workspace_id, state, outbound } of movingOn(
    cursor,
    late,
    BATCH,
    ({ outbound: { due_at } }) => due_at,
  )) {
    const { run, changes } = outbound;
    // While the run has not taken the reply, an unclear call belongs to an earlier run, about which a person
    // has decided.
    const isUnclear = outbound.unclear && state === 'sending';
    const runNow = await runState(client, replyWorkflowId(_id, run));
    if (runNow.state === 'open') continue;
    log.warn({ message_id: _id, run, found: runNow.state }, 'a reply was left unfinished');
    const { change, hasEnded } = settlingOf(outbound, runNow, isUnclear);
    const settledRow = await models.Message.findOneAndUpdate(
      { _id, workspace_id, 'outbound.changes': changes },
      { $set: change, $inc: { 'outbound.changes': 1 } },
      {
        returnDocument: 'after',
        projection: { workspace_id: 1, thread_kind: 1, thread_id: 1, state: 1, outbound: 1 },
      },
    ).lean<OutboundMessageRow>();
    if (!settledRow) continue;
    settled += 1;
    if (!hasEnded) continue;
    countReply(settledRow.state);
    if (settledRow.state === 'failed') await reopenThread(models, settledRow, settledRow.outbound.state_at);
  }
  return settled;
}

type EndedRun = Exclude<RunState, { state: 'open' }>;

/** What becomes of a reply whose run is not open, and whether that is its end. */
function settlingOf(
  outbound: Outbound,
  runNow: EndedRun,
  isUnclear: boolean,
): { change: object; hasEnded: boolean } {
  if (runNow.state === 'unknown' && !isUnclear)
    return { change: { 'outbound.wants_start': true }, hasEnded: false };
  if (runNow.state === 'closed' && runNow.status === 'completed')
    return { change: asSet(beginAgain({ outbound })), hasEnded: false };
  const change = {
    state: outbound.unclear || outbound.maybe_sent ? 'unconfirmed' : 'failed',
    'outbound.reason': endedBecause(runNow),
    'outbound.state_at': new Date(),
    'outbound.is_open': false,
  };
  return { change, hasEnded: true };
}

/** Why a row whose run is not open comes to its end. */
const endedBecause = (runNow: EndedRun): string =>
  runNow.state === 'closed' ? `its run was ended (${runNow.status})` : 'its run is gone';

interface LateReply {
  _id: string;
  workspace_id: string;
  state: MessageState;
  outbound: Outbound;
}

/** At most `BATCH` replies that were due before this time, the first due first; none that is due later is read. */
function lateReplies(models: Models, before: Date, cursor: RowCursor): Promise<LateReply[]> {
  const isLate = {
    'outbound.is_open': true,
    'outbound.wants_start': { $ne: true },
    ...behind(cursor, 'outbound.due_at', before),
  };
  return models.Message.find(isLate, { workspace_id: 1, state: 1, outbound: 1 })
    .sort({ 'outbound.due_at': 1, _id: 1 })
    .limit(BATCH)
    .lean<LateReply[]>();
}
