import { MINUTE_MS } from '../lib/time.ts';

/** What a full bucket lets through at once: as much as comes in by its rate in so many minutes. */
const BURST_MINUTES = 2;
/** Nobody waits longer, so that an alert at five minutes (docs/alerts.yml) means that an engine is away. */
const LONGEST_WAIT_MS = 4 * MINUTE_MS;
/** Of more keys those that were used least recently are forgotten: their buckets are full again. */
const MAX_KEYS = 10_000;

/** One token bucket for each key. Nobody is refused: who finds the bucket empty takes a later token, and waits. */
export class TokenBuckets {
  readonly #everyMs: number;
  /** When the bucket will be full again (ms since 1970); keys without an entry have a full one. */
  readonly #fullAt = new Map<string, number>();

  constructor(perMinute: number) {
    this.#everyMs = MINUTE_MS / perMinute;
  }

  /** Takes the key's next token. @returns how long to wait for it (ms) */
  take(key: string, now = Date.now()): number {
    const burstMs = BURST_MINUTES * MINUTE_MS;
    const next = Math.max(this.#fullAt.get(key) ?? 0, now) + this.#everyMs;
    const fullAt = Math.min(next, now + burstMs + LONGEST_WAIT_MS);
    // The most recently used key is the last one.
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size > MAX_KEYS) this.#fullAt.delete(this.#fullAt.keys().next().value!);
    return Math.max(0, fullAt - now - burstMs);
  }
}
