import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';

/**
 * How long each attempt of a delivery waits after the one before (Standard Webhooks: exponential, over days).
 * The first is due at once.
 */
const WAITS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
/** Attempts of one delivery; after the last it has failed. */
export const MAX_ATTEMPTS = WAITS_MS.length;
/** Deliveries that failed together must not be tried again at the same moment. */
const JITTER = 0.1;
/** The longest wait that an endpoint can ask for with Retry-After. */
const LONGEST_ASKED_MS = DAY_MS;
/**
 * While an endpoint is down it is tried again after a share of the time for which it has been failing, within
 * these limits: when it is back, events wait no longer than a tenth of the time that it was away.
 */
const PAUSE = { share: 0.1, leastMs: 10 * SECOND_MS, mostMs: HOUR_MS };

/**
 * When the attempt after a failed one is due.
 * @param failed attempts that have failed, from 1 to `MAX_ATTEMPTS - 1`
 * @param at when the last of them was made
 * @param askedMs the wait that the endpoint asked for (ms); 0 = none
 */
export function nextAttemptAt(failed: number, at: Date, askedMs: number): Date {
  const jitter = 1 + JITTER * (2 * Math.random() - 1);
  const waitMs = Math.max((WAITS_MS[failed] ?? 0) * jitter, askedOf(askedMs));
  return new Date(at.getTime() + waitMs);
}

/** The wait that an endpoint asked for, a day at most (ms). */
export const askedOf = (askedMs: number): number => Math.min(askedMs, LONGEST_ASKED_MS);

/** How long an endpoint that is down is left alone after an attempt (ms), when it has failed for `failingMs`. */
export const pauseMs = (failingMs: number): number =>
  Math.min(Math.max(failingMs * PAUSE.share, PAUSE.leastMs), PAUSE.mostMs);
