/**
 * How much of its work a process does at one time. It follows what the engines take: each try that succeeds in
 * time lets it grow, a slow or failed one halves it (additive increase, multiplicative decrease, as TCP does
 * it). What does not fit waits where it is kept anyway, in Temporal's queues.
 */
export interface Pace {
  /** From `LEAST` to 1: the share of the most that may be done at one time. */
  share(): number;
  /** The result of one try that asks only our engines. */
  note(try_: { ms: number; failed: boolean }): void;
  /**
   * Whether a try that was made before may be made now. While the engines are slow retries are at most a tenth
   * of the first tries, and one a second: they must not take the place of work that may pass.
   */
  mayRetry(): boolean;
  /** Called each time when there is room for more. */
  onGrowth(listener: () => void): void;
}

/** With it, four of 32 go on even if all fail: they find out when the engine is back. */
const LEAST = 1 / 8;
/** At the start, before anything is known. */
const FIRST = 1 / 4;
/**
 * It grows by one when this many times as many tries have succeeded as may run at one time: a mail has some six
 * steps, of which one takes most of the time.
 */
const ROUNDS = 4;
/** By default a try that takes longer shows that too much is done at one time (ms). */
const SLOW_MS = 750;
/** Tries that run at the same time are slow together, and must halve it only once (ms). */
const HALVE_EVERY_MS = 1_000;
const MOST_RETRIES = 10;
const RETRIES_FOR_EACH_FIRST_TRY = 0.1;
const RETRIES_A_SECOND = 1;

interface PaceOptions {
  /** Tries at one time, in which growth is counted. */
  most: number;
  slowMs?: number;
  /** In ms. */
  now?: () => number;
}

export function createPace({ most, slowMs = SLOW_MS, now = Date.now }: PaceOptions): Pace {
  const listeners: (() => void)[] = [];
  let share = FIRST;
  let halvedAt = 0;
  let retries = MOST_RETRIES;
  let refilledAt = now();

  function refill(more: number): void {
    const seconds = (now() - refilledAt) / 1000;
    refilledAt = now();
    retries = Math.min(MOST_RETRIES, retries + more + seconds * RETRIES_A_SECOND);
  }

  return {
    share: () => share,
    note({ ms, failed }) {
      if (!failed) refill(RETRIES_FOR_EACH_FIRST_TRY);
      if (!failed && ms <= slowMs) {
        share = Math.min(1, share + 1 / (ROUNDS * share * most * most));
        for (const listener of listeners) listener();
      } else if (now() - halvedAt >= HALVE_EVERY_MS) {
        halvedAt = now();
        share = Math.max(LEAST, share / 2);
      }
    },
    mayRetry() {
      refill(0);
      if (share === 1) return true;
      if (retries < 1) return false;
      retries -= 1;
      return true;
    },
    onGrowth: (listener) => void listeners.push(listener),
  };
}
