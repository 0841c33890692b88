import { activityInfo } from '@temporalio/activity';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { isCalledByThisRun } from '../../src/core/replies/attempts.ts';
import type { FoundEvents } from '../../src/infra/providers/outbound.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { askProvider, changeReply, over, readReply } from './messageRow.ts';

/** Codes are for operators: reasons are on the message. */
export type FoundReply =
  | { verdict: 'sent' }
  | { verdict: 'not sent' }
  | { verdict: 'ask again'; ms: number }
  | { verdict: 'unconfirmed'; code: string };

/** How often events are asked for while it is unclear whether a mail went out. */
const ASKS = 10;
/** Where they cannot be read, one that is posted is waited for: this part of the time. */
const PART_WAITED = 1 / 60;
const SOONEST_MS = 500;

const REASONS = new Map([
  [
    'EventsUnreadable',
    'nobody knows whether it went out: the provider did not say so, and its events cannot be read',
  ],
  [
    'EventsGone',
    'nobody knows whether it went out: the provider did not say so in time, and no longer knows',
  ],
]);

/**
 * After a call of which nobody knows what it came to: did it go out? The provider's events tell, late. Found at any time
 * settles it; not found counts only `settleMs` after the call, and while the provider still keeps events of that time.
 * About a call of an earlier run a person has decided: one look, and what is not found goes out again.
 */
export async function findReply(deps: Deps, reply: ReplyRun): Promise<FoundReply> {
  const before = await readReply(deps, reply);
  const found = before.outbound.unclear ? await askProvider(deps, before) : null;
  if (found?.readable && found.events.length > 0) await applyEvents(deps.models, reply.id, found.events);

  let verdict: FoundReply = { verdict: 'not sent' };
  await changeReply(deps, reply, (row) => {
    verdict = found && row.state === 'sending' && row.outbound.unclear ? judge(deps, row, found) : known(row);
    if (row.state !== 'sending' || verdict.verdict !== 'unconfirmed') return null;
    return over('unconfirmed', REASONS.get(verdict.code) ?? null);
  });
  return verdict;
}

/** What the row says by itself. */
function known({ state }: OutboundMessageRow): FoundReply {
  if (state === 'unconfirmed') return { verdict: 'unconfirmed', code: 'Unconfirmed' };
  return { verdict: state === 'sending' ? 'not sent' : 'sent' };
}

/** What it means that it was not found. */
function judge({ replies }: Deps, { outbound }: OutboundMessageRow, found: FoundEvents): FoundReply {
  if (!isCalledByThisRun(outbound)) return { verdict: 'not sent' };
  const { settleMs, eventsKeptMs } = replies;
  const ageMs = Date.now() - (outbound.attempt_at as Date).getTime();
  const askAgain = (ms: number): FoundReply => ({ verdict: 'ask again', ms: Math.max(ms, SOONEST_MS) });
  if (!found.readable) {
    const leftMs = settleMs * PART_WAITED - ageMs;
    return leftMs > 0 ? askAgain(leftMs) : { verdict: 'unconfirmed', code: 'EventsUnreadable' };
  }
  if (ageMs > eventsKeptMs) return { verdict: 'unconfirmed', code: 'EventsGone' };
  if (ageMs < settleMs) return askAgain(Math.min(settleMs - ageMs, settleMs / ASKS));
  // A provider that was away until now may tell even later than usual.
  return activityInfo().attempt > 1 ? askAgain(settleMs) : { verdict: 'not sent' };
}
