import type { ReplyOutcome, ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { changeReply } from './messageRow.ts';
import { DAY_MS } from '../../src/lib/time.ts';

export type Taken =
  | { verdict: 'wait'; ms: number }
  /** @property attempt calls made so far. @property unclear nobody knows what the last of them came to. */
  | { verdict: 'taken'; attempt: number; unclear: boolean }
  | { verdict: 'over'; state: ReplyOutcome['action'] };

/** Longest wait in one go: a message that was moved to a later run, or a clock set right, is seen. */
const LONGEST_WAIT_MS = DAY_MS;

/** Undo and schedule are decided here: one conditional update, `queued|scheduled -> sending`, against the API's `-> cancelled`. */
export async function takeReply(deps: Deps, reply: ReplyRun): Promise<Taken> {
  const now = new Date();
  const row = await changeReply(deps, reply, ({ state, outbound }) =>
    (state === 'queued' || state === 'scheduled') && outbound.due_at <= now
      ? {
          state: 'sending',
          outbound: {
            attempts_before: outbound.attempt,
            trying_since: now,
            state_at: now,
            reason: null,
          },
        }
      : null,
  );
  const { attempt, unclear, due_at } = row.outbound;
  switch (row.state) {
    case 'queued':
    case 'scheduled':
      return { verdict: 'wait', ms: Math.min(due_at.getTime() - now.getTime(), LONGEST_WAIT_MS) };
    case 'sending':
      return { verdict: 'taken', attempt, unclear };
    case 'cancelled':
    case 'sent':
    case 'delivered':
    case 'delayed':
    case 'complained':
    case 'failed':
    case 'unconfirmed':
      return { verdict: 'over', state: row.state };
  }
}
