import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HOUR_MS, MINUTE_MS } from '../lib/time.ts';
import { Problem } from './problem.ts';

/**
 * A limit of requests in a period. It counts in this process: where several web processes run, each counts
 * its own.
 */
export interface Limit {
  /** Counts one request. @throws Problem 429 with Retry-After when none is left */
  take(key: string): Promise<Allowance>;
  /** Takes back one that was counted. */
  giveBack(key: string): Promise<void>;
  /** Starts the count of a key again. */
  forget(key: string): Promise<void>;
  readonly most: number;
  readonly seconds: number;
}
export interface Allowance {
  remaining: number;
  /** Until the whole limit is available again. */
  resetSeconds: number;
}

/** @param sentence what a 429 says happened */
function limitOf(most: number, periodMs: number, sentence: string): Limit {
  const seconds = periodMs / 1000;
  const limiter = new RateLimiterMemory({ points: most, duration: seconds });
  return {
    most,
    seconds,
    async take(key) {
      try {
        const { remainingPoints, msBeforeNext } = await limiter.consume(key);
        return { remaining: remainingPoints, resetSeconds: Math.ceil(msBeforeNext / 1000) };
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const waitSeconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
        const headers = {
          'Retry-After': String(waitSeconds),
          ...limitHeaders(most, seconds, 0, waitSeconds),
        };
        throw new Problem(429, `${sentence}. Try again in ${waitSeconds} s.`, { headers });
      }
    },
    async giveBack(key) {
      await limiter.reward(key);
    },
    async forget(key) {
      await limiter.delete(key);
    },
  };
}

/** draft-ietf-httpapi-ratelimit-headers-11. */
function limitHeaders(most: number, seconds: number, remaining: number, resetSeconds: number) {
  return {
    'RateLimit-Policy': `"default";q=${most};w=${seconds}`,
    RateLimit: `"default";r=${remaining};t=${resetSeconds}`,
  };
}

/** Adds to the answer how many requests are left. */
export function showLimit(ctx: Pick<Context, 'set'>, { most, seconds }: Limit, left: Allowance): void {
  ctx.set(limitHeaders(most, seconds, left.remaining, left.resetSeconds));
}

export type Limits = ReturnType<typeof createLimits>;

/** @param requestsPerMinute of each token and each session */
export function createLimits(requestsPerMinute: number) {
  const tooManyTries = 'There were too many tries';
  return {
    requests: limitOf(requestsPerMinute, MINUTE_MS, 'There were too many requests'),
    /**
     * Tries of a password: few for one account from one network, more for one account from everywhere (so
     * that a stranger cannot easily lock somebody out), and as many from one network on any account.
     */
    signIn: {
      pair: limitOf(10, 15 * MINUTE_MS, tooManyTries),
      account: limitOf(100, HOUR_MS, tooManyTries),
      address: limitOf(100, 15 * MINUTE_MS, tooManyTries),
    },
    /** Mails with a link to set a new password. */
    reset: {
      account: limitOf(3, HOUR_MS, tooManyTries),
      address: limitOf(30, HOUR_MS, tooManyTries),
    },
    /** Uses of such a link, by network: each may cost the computation of a hash. */
    passwords: limitOf(60, 15 * MINUTE_MS, tooManyTries),
    /** Invitations that one workspace sends, so that it cannot be used to send mail to strangers. */
    invitations: limitOf(100, HOUR_MS, 'Your workspace has invited too many people'),
  };
}
