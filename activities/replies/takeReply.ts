import type { ReplyOutcome, ReplyRun } from '../../workflows/types.ts';
import type { Deps } from '../deps.ts';
import { readReply, writeReply } from './row.ts';

export type Taken =
  | { verdict: 'wait'; ms: number }
  /** @property attempt calls made by earlier runs. @property unclear nobody knows what the last of them came to. */
  | { verdict: 'taken'; attempt: number; unclear: boolean }
  | { verdict: 'over'; state: Exclude<ReplyOutcome, { reason: string }>['action'] };

/** Longest wait in one go: a message that was moved to a later run, or a clock set right, is seen. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** Undo and schedule are decided here: one conditional update, `queued|scheduled -> sending`, against the API's `-> cancelled`. */
export async function takeReply(deps: Deps, reply: ReplyRun): Promise<Taken> {
  const row = await readReply(deps, reply);
  const { attempt, unclear, due_at } = row.outbound;
  switch (row.state) {
    case 'queued':
    case 'scheduled': {
      const ms = due_at.getTime() - Date.now();
      if (ms > 0) return { verdict: 'wait', ms: Math.min(ms, LONGEST_WAIT_MS) };
      const now = new Date();
      const isMine = await writeReply(deps, row, 'sending', {
        trying_since: now,
        state_at: now,
        reason: null,
      });
      // Cancelled at this moment, or taken by a try beside this one: the row says which.
      return isMine ? { verdict: 'taken', attempt, unclear } : takeReply(deps, reply);
    }
    case 'sending':
    case 'failed':
    case 'unconfirmed':
      return { verdict: 'taken', attempt, unclear };
    case 'received':
    case 'saved':
      return { verdict: 'over', state: 'superseded' };
    case 'cancelled':
    case 'sent':
    case 'delivered':
    case 'delayed':
    case 'complained':
      return { verdict: 'over', state: row.state };
  }
}
