import { applyEvents } from '../../src/replies/applyEvents.ts';
import { isSettled } from '../../src/replies/deliveries.ts';
import type { FoundEvents } from '../../src/providers/outbound.ts';
import type { ReplyOutcome, ReplyRun } from '../../workflows/types.ts';
import type { Deps } from '../deps.ts';
import { closeReply, readReply, type ReplyRow } from './row.ts';

export type FoundReply =
  | { verdict: 'sent' }
  | { verdict: 'not sent' }
  | { verdict: 'ask again'; ms: number }
  | { verdict: 'unconfirmed'; reason: string };

/** How often events are asked for while it is unclear whether a mail went out. */
const ASKS = 10;
const SOONEST_MS = 500;
/** Clocks may differ. */
const SLACK_MS = 5 * 60_000;

/**
 * After a call of which nobody knows what it came to: did it go out? The provider's events tell, late. Found at any time
 * settles it; not found counts only `settleMs` after the call, and while the provider still keeps events of that time.
 * @param how `decided`: a person has it tried again; then it is one look, and whatever is not found goes out.
 */
export async function findReply(deps: Deps, reply: ReplyRun, how: { decided: boolean }): Promise<FoundReply> {
  const row = await readReply(deps, reply);
  const { attempt, attempt_at, unclear, deliveries } = row.outbound;
  if (!unclear) return { verdict: deliveries.some((told) => told.attempt === attempt) ? 'sent' : 'not sent' };
  const found = await ask(deps, row);
  if (found.readable && (await write(deps, row, found, attempt))) return { verdict: 'sent' };
  if (how.decided) return { verdict: 'not sent' };
  if (!found.readable)
    return unconfirmed(
      deps,
      row,
      'the provider did not say whether it took the mail, and its events cannot be read',
    );

  const ageMs = Date.now() - (attempt_at ?? new Date()).getTime();
  const { settleMs, eventsKeptMs } = deps.replies;
  if (ageMs > eventsKeptMs)
    return unconfirmed(deps, row, 'the provider did not say whether it took the mail, and no longer knows');
  if (ageMs >= settleMs) return { verdict: 'not sent' };
  return { verdict: 'ask again', ms: Math.max(Math.min(settleMs - ageMs, settleMs / ASKS), SOONEST_MS) };
}

/** What became of a reply that went out: what is on its row, and, when `ask` is set, what the provider tells. */
export async function followReply(
  deps: Deps,
  reply: ReplyRun,
  { ask: doAsk }: { ask: boolean },
): Promise<{ settled: boolean; state: Exclude<ReplyOutcome, { reason: string }>['action'] }> {
  let row = await readReply(deps, reply);
  if (doAsk && !isSettled(row.outbound.deliveries)) {
    await write(deps, row, await ask(deps, row), row.outbound.attempt);
    row = await readReply(deps, reply);
  }
  const state = row.state as 'sent';
  return { settled: isSettled(row.outbound.deliveries), state };
}

function ask({ outbound }: Deps, row: ReplyRow): Promise<FoundEvents> {
  const since = new Date(row.created_at.getTime() - SLACK_MS);
  return outbound.findEvents({ messageId: row.message_id as string, from: row.from.email, since });
}

/** @returns whether one of them is of this attempt. */
async function write(deps: Deps, row: ReplyRow, found: FoundEvents, attempt: number): Promise<boolean> {
  if (!found.readable || found.events.length === 0) return false;
  await applyEvents(deps.models, row._id, found.events);
  return found.events.some((event) => (event.message?.attempt ?? attempt) === attempt);
}

async function unconfirmed(deps: Deps, row: ReplyRow, reason: string): Promise<FoundReply> {
  await closeReply(deps, row, 'unconfirmed', reason);
  return { verdict: 'unconfirmed', reason };
}
