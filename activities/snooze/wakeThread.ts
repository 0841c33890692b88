import { endSnooze } from '../../src/core/threads/snooze.ts';
import { threadsOf } from '../../src/core/threads/threads.ts';
import type { SnoozeRun } from '../../src/infra/temporal/runTypes.ts';
import { DAY_MS } from '../../src/lib/time.ts';
import type { Deps } from '../deps.ts';

export type Awake =
  | { verdict: 'wait'; ms: number }
  | { verdict: 'woken' }
  /** The thread was snoozed anew, or woken by mail or by hand. */
  | { verdict: 'over' };

/** Longest wait before the row is read again: it may have been woken, and its run can end. */
const LONGEST_WAIT_MS = 7 * DAY_MS;

/** Wakes a snoozed thread when its time has come. The row decides: the run only acts on it. */
export async function wakeThread({ models, now }: Deps, { kind, id, until }: SnoozeRun): Promise<Awake> {
  const time = new Date(until);
  const waitMs = until - now().getTime();
  if (waitMs <= 0)
    return { verdict: (await endSnooze(models, { kind, id, until: time })) ? 'woken' : 'over' };
  const isSnoozed = await threadsOf(models, kind).exists({ _id: id, snoozed_until: time });
  return isSnoozed ? { verdict: 'wait', ms: Math.min(waitMs, LONGEST_WAIT_MS) } : { verdict: 'over' };
}
