import { isIPv6 } from 'node:net';
import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem.ts';

/** Counts in this process: where several web processes run, each has its own. */
export interface Limit {
  /** Takes one. @throws Problem 429 with Retry-After when none is left. */
  take(key: string): Promise<Left>;
  /** Gives one back. */
  giveBack(key: string): Promise<void>;
  forget(key: string): Promise<void>;
  readonly most: number;
  readonly seconds: number;
}
export interface Left {
  remaining: number;
  /** Until all are there again. */
  resetSeconds: number;
}

function limitOf(most: number, seconds: number, what: string): Limit {
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
        const wait = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
        const headers = { 'Retry-After': String(wait), ...limitHeaders(most, seconds, 0, wait) };
        throw new Problem(429, `${what}: try again in ${wait} s.`, { headers });
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

/** Says in the answer how many are left. */
export function showLimit(ctx: Pick<Context, 'set'>, { most, seconds }: Limit, left: Left): void {
  ctx.set(limitHeaders(most, seconds, left.remaining, left.resetSeconds));
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

export type Limits = ReturnType<typeof createLimits>;

/** @param requestsPerMinute of each token and each session */
export function createLimits(requestsPerMinute: number) {
  const tries = 'There were too many tries';
  return {
    requests: limitOf(requestsPerMinute, MINUTE, 'There were too many requests'),
    /**
     * Tries of a password. Of one account from one address few; of an account from anywhere more, so that a stranger
     * does not easily lock somebody out; and of one address on any accounts.
     */
    signIn: {
      pair: limitOf(10, 15 * MINUTE, tries),
      account: limitOf(100, HOUR, tries),
      address: limitOf(100, 15 * MINUTE, tries),
    },
    /** Mails with a link to set a new password. */
    reset: {
      account: limitOf(3, HOUR, tries),
      address: limitOf(30, HOUR, tries),
    },
    /** Uses of such a link, by address: each may cost the work of a hash. */
    passwords: limitOf(60, 15 * MINUTE, tries),
    /** People whom one workspace has mailed, lest it mails the world. */
    invitations: limitOf(100, HOUR, 'Too many people were invited'),
  };
}

/** Whom an address stands for: a household has 2^64 of IPv6. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  const [head = '', tail] = ip.split('%')[0]!.split('::');
  const groups = head.split(':').filter(Boolean);
  const after = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...after].slice(0, 4).join(':');
}
