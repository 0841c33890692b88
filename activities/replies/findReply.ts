import { activityInfo } from '@temporalio/activity';
import { askProvider } from '../../src/core/replies/askProvider.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { isCalledByThisRun } from '../../src/core/replies/attempts.ts';
import type { FoundEvents } from '../../src/infra/providers/outbound.ts';
import { isSettled } from '../../src/core/replies/recipientStates.ts';
import type { ReplyOutcome, ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { changeReply, over, readReply } from './messageRow.ts';

/** Codes are for operators; the reason for agents is on the message. */
export type FoundReply =
  /** `outcome`: what became of it, if that is known of every recipient. */
  | { verdict: 'sent'; outcome?: ReplyOutcome['action'] }
  | { verdict: 'not sent' }
  | { verdict: 'ask again'; ms: number }
  | { verdict: 'unconfirmed'; code: string };

/** How often the provider is asked for events within `settleMs`. */
const ASKS = 10;
/** If they cannot be read, a posted event is awaited for this part of `settleMs`. */
const PART_WAITED = 1 / 60;
const SOONEST_MS = 500;

const REASONS = new Map([
  [
    'MaybeSentUnreadable',
    'it may have been sent already, before Postroom was restored from a backup or was away, and the ' +
      "provider's events cannot be read. Ask a recipient, or retry it",
  ],
  [
    'MaybeSentGone',
    'it may have been sent already, before Postroom was restored from a backup or was away, and the ' +
      'provider no longer has its events. Ask a recipient, or retry it',
  ],
  [
    'EventsUnreadable',
    'it is unclear whether it was sent: the provider did not confirm it, and its events cannot be read. ' +
      'Ask a recipient, or retry it',
  ],
  [
    'EventsGone',
    'it is unclear whether it was sent: the provider did not confirm it, and no longer has its events. ' +
      'Ask a recipient, or retry it',
  ],
]);

/**
 * After a call with an unclear result: was the message sent? The provider's events show it, but late. An
 * event settles it at any time; a missing event counts only `settleMs` after the call, and only while the
 * provider keeps events of that time. For a call of an earlier run one look is enough: a person has decided
 * that the message is sent again if nothing is found.
 */
export async function findReply(deps: Deps, reply: ReplyRun): Promise<FoundReply> {
  const before = await readReply(deps, reply);
  const found = before.outbound.unclear ? await askProvider(deps, before) : null;
  if (found?.readable && found.events.length > 0) await applyEvents(deps.models, reply.id, found.events);

  let verdict = { verdict: 'not sent' } as FoundReply;
  const after = await changeReply(deps, reply, (row) => {
    verdict =
      found && row.state === 'sending' && row.outbound.unclear
        ? verdictOf(deps, row, found)
        : verdictOfRow(row);
    if (row.state !== 'sending') return null;
    if (verdict.verdict === 'unconfirmed') return over('unconfirmed', REASONS.get(verdict.code) ?? null);
    const isDoubtOver = verdict.verdict === 'not sent' && found && isCalledByThisRun(row.outbound);
    if (!isDoubtOver || !row.outbound.unclear || !row.outbound.maybe_sent) return null;
    // The time for retries counts from now: this run has not called yet.
    return { outbound: { maybe_sent: null, trying_since: new Date() } };
  });
  if (verdict.verdict !== 'sent' || !isSettled(after.outbound.deliveries)) return verdict;
  // No event is to come that would wake the run.
  return { verdict: 'sent', outcome: after.state as 'sent' };
}

const unconfirmed = (code: string): FoundReply => ({ verdict: 'unconfirmed', code });

/** The verdict if the row is settled already. */
function verdictOfRow({ state }: OutboundMessageRow): FoundReply {
  if (state === 'unconfirmed') return { verdict: 'unconfirmed', code: 'Unconfirmed' };
  return { verdict: state === 'sending' ? 'not sent' : 'sent' };
}

/** The verdict after no event was found. */
function verdictOf({ replies }: Deps, { outbound }: OutboundMessageRow, found: FoundEvents): FoundReply {
  if (!isCalledByThisRun(outbound)) return { verdict: 'not sent' };
  const { settleMs, eventsKeptMs } = replies;
  const { maybe_sent } = outbound;
  const attemptAt = (outbound.attempt_at as Date).getTime();
  const firstCallAt = Math.min(attemptAt, maybe_sent?.since.getTime() ?? attemptAt);
  const ageMs = Date.now() - Math.max(attemptAt, maybe_sent?.until.getTime() ?? attemptAt);
  const askAgain = (ms: number): FoundReply => ({ verdict: 'ask again', ms: Math.max(ms, SOONEST_MS) });
  if (!found.readable) {
    const leftMs = settleMs * PART_WAITED - ageMs;
    return leftMs > 0
      ? askAgain(leftMs)
      : unconfirmed(maybe_sent ? 'MaybeSentUnreadable' : 'EventsUnreadable');
  }
  if (Date.now() - firstCallAt > eventsKeptMs)
    return unconfirmed(maybe_sent ? 'MaybeSentGone' : 'EventsGone');
  if (ageMs < settleMs) return askAgain(Math.min(settleMs - ageMs, settleMs / ASKS));
  // After an outage the provider's events may be even later than usual.
  return activityInfo().attempt > 1 ? askAgain(settleMs) : { verdict: 'not sent' };
}
