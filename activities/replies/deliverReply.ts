import { cancellationSignal } from '@temporalio/activity';
import { settledBy } from '../../src/core/replies/applyEvents.ts';
import { isCalledByThisRun, recipientsLeft } from '../../src/core/replies/attempts.ts';
import { MAX_COMPOSED_BYTES, withComposed } from '../../src/core/replies/compose.ts';
import { maybeSentOf } from '../../src/core/replies/maybeSent.ts';
import { stopCauseOf, stopMessage } from '../../src/core/replies/stop.ts';
import { NotStoredError } from '../../src/infra/storage/storage.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { givenUp, isOverdue, later, persistently, writeResult, type Delivered } from './callResult.ts';
import { changeReply, over, readReply } from './messageRow.ts';

/**
 * Longest time between raising the attempt and the call. After a longer pause (a suspended machine) there
 * must be no call.
 */
const CALL_WITHIN_MS = 30_000;

/**
 * One call to the provider. The row's attempt is raised before the call: a second try of this activity
 * (because the worker died) finds the number raised, makes no call, and reports that the result is unclear.
 * So does the first try for a message that may have been sent by a call that the row does not know.
 */
export async function deliverReply(deps: Deps, reply: ReplyRun, attempt: number): Promise<Delivered> {
  const row = await readReply(deps, reply);
  const decided = verdictOn(row, attempt);
  if (decided) return decided;
  // Hours may have passed since the last attempt.
  const cause = await stopCauseOf(deps.models, row);
  const stopped = cause && (await stopMessage(deps.models, row, cause));
  if (stopped) return verdictOn(stopped, attempt)!;
  if (maybeSentOf(row)) return expectOtherCall(deps, reply, attempt);
  try {
    return await withComposed(deps, row, (mimeFile, size) => call(deps, reply, attempt, { mimeFile, size }));
  } catch (error) {
    if (!(error instanceof NotStoredError)) throw error;
    // The file may be lost, or its disk not mounted: retrying is safe in both cases.
    const reason = 'one of its attachments could not be found in storage';
    return await later(deps, { reply, attempt }, { code: 'NotStored', reason, retryAfterMs: null });
  }
}

/** What the row has decided already; null if this attempt must still make its call. */
function verdictOn({ state, outbound }: OutboundMessageRow, attempt: number): Delivered | null {
  switch (state) {
    case 'sending':
      return outbound.attempt >= attempt ? { verdict: 'unclear', code: 'BegunBefore' } : null;
    case 'sent':
    case 'delivered':
    case 'delayed':
    case 'complained':
      return { verdict: 'sent' };
    case 'failed':
      // A bounce may come before the result of the call is written.
      if (outbound.deliveries.some((row) => row.attempt === outbound.attempt)) return { verdict: 'sent' };
      return { verdict: 'failed', code: 'Failed' };
    case 'cancelled':
      return { verdict: 'failed', code: 'Cancelled', action: 'cancelled' };
    case 'unconfirmed':
    case 'queued':
    case 'scheduled':
      return { verdict: 'failed', code: `Is ${state}` };
  }
}

/**
 * Raises the attempt without a call, as if this one had been made at the last moment at which an unknown call
 * may have been: the workflow then looks the message up (findReply), and its next attempt is a call.
 */
async function expectOtherCall(deps: Deps, reply: ReplyRun, attempt: number): Promise<Delivered> {
  const row = await changeReply(deps, reply, (read) => {
    const maybe_sent = maybeSentOf(read);
    if (verdictOn(read, attempt) || !maybe_sent) return null;
    const attempt_to = recipientsLeft(read, read.outbound);
    if (attempt_to.length === 0) return settledBy(read.outbound.deliveries);
    return { outbound: { attempt, attempt_at: maybe_sent.until, attempt_to, maybe_sent, unclear: true } };
  });
  const decided = verdictOn(row, attempt);
  return decided && decided.verdict !== 'unclear' ? decided : { verdict: 'unclear', code: 'MaybeSent' };
}

async function call(
  deps: Deps,
  reply: ReplyRun,
  attempt: number,
  mime: { mimeFile: string; size: number },
): Promise<Delivered> {
  const begun = await begin(deps, reply, attempt, mime.size);
  if ('verdict' in begun) return begun;
  const { row, at, recipients } = begun;
  if (Date.now() - at.getTime() > CALL_WITHIN_MS) return { verdict: 'unclear', code: 'Slept' };
  const messageId = row.message_id;
  const mail = { id: row._id, attempt, messageId, from: row.from.email, recipients, ...mime };
  const sent = await deps.outbound.send(mail, cancellationSignal());
  return persistently(() => writeResult(deps, { reply, attempt, recipients }, sent));
}

interface Begun {
  row: OutboundMessageRow;
  at: Date;
  recipients: string[];
}

/** Raises the attempt. From then on only this try may make the call. */
async function begin(deps: Deps, reply: ReplyRun, attempt: number, size: number): Promise<Begun | Delivered> {
  const tooLarge =
    `the mail has ${size} bytes, but at most ${MAX_COMPOSED_BYTES} can be sent; write a ` +
    'new reply with smaller files';
  const outcome: { begun: Begun | null } = { begun: null };
  const after = await changeReply(deps, reply, (row) => {
    outcome.begun = null;
    if (verdictOn(row, attempt)) return null;
    if (size > MAX_COMPOSED_BYTES) return over('failed', tooLarge);
    const recipients = recipientsLeft(row, row.outbound);
    if (recipients.length === 0) return settledBy(row.outbound.deliveries);
    const { reason, trying_since, unclear } = row.outbound;
    const isFirst = !isCalledByThisRun(row.outbound);
    if (unclear && !isFirst && isOverdue(deps, row, 0)) return over('failed', givenUp(reason, row));
    const at = new Date();
    outcome.begun = { row, at, recipients };
    return {
      outbound: {
        attempt,
        attempt_at: at,
        attempt_to: recipients,
        // The time for retries counts from the first call: an engine that was away before it does not shorten
        // it.
        trying_since: isFirst ? at : trying_since,
        unclear: true,
      },
    };
  });
  return outcome.begun ?? (verdictOn(after, attempt) as Delivered);
}
