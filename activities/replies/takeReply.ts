import { stopCauseOf, stopMessage } from '../../src/core/replies/stop.ts';
import type { ReplyOutcome, ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { changeReply, readReply } from './messageRow.ts';
import { DAY_MS } from '../../src/lib/time.ts';

export type Taken =
  | { verdict: 'wait'; ms: number }
  /** @property attempt calls made so far. @property unclear the result of the last call is not known. */
  | { verdict: 'taken'; attempt: number; unclear: boolean }
  | { verdict: 'over'; state: ReplyOutcome['action'] };

/**
 * Longest wait before the row is read again: a later run may have taken over, or a wrong clock been
 * corrected.
 */
const LONGEST_WAIT_MS = DAY_MS;

/**
 * Takes the reply when it is due: one conditional update `queued|scheduled -> sending`, which competes with
 * the API's `-> cancelled`. One whose thread or workspace was deleted while it waited, or whose recipient was
 * blocked, is stopped instead.
 */
export async function takeReply(deps: Deps, reply: ReplyRun): Promise<Taken> {
  const now = new Date();
  const isDue = ({ state, outbound }: OutboundMessageRow): boolean =>
    (state === 'queued' || state === 'scheduled') && outbound.due_at <= now;
  const before = await readReply(deps, reply);
  const cause = isDue(before) ? await stopCauseOf(deps.models, before) : null;
  if (cause) await stopMessage(deps.models, before, cause);
  const row = await changeReply(deps, reply, (read) =>
    isDue(read)
      ? {
          state: 'sending',
          outbound: {
            attempts_before: read.outbound.attempt,
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
