import { SetupRefusal } from './setupApi.ts';

const WINDOW_MS = 60_000;

/** Counts verify calls of the account over the last minute. */
export class VerifyLimit {
  #calls: number[] = [];

  /**
   * Counts one call.
   * @param perMinute null: no limit
   * @returns headers for the answer
   * @throws SetupRefusal above the limit
   */
  count(perMinute: number | null, now = Date.now()): Record<string, string> {
    if (perMinute === null) return {};
    this.#calls = this.#calls.filter((at) => at > now - WINDOW_MS);
    const left = perMinute - this.#calls.length - 1;
    const headers = {
      'x-request-limit': String(perMinute),
      'x-request-remaining': String(Math.max(0, left)),
    };
    if (left < 0) {
      const seconds = Math.ceil((this.#calls[0]! + WINDOW_MS - now) / 1000);
      throw new SetupRefusal(429, `Too many requests, try again after ${seconds} seconds`, {
        headers,
        body: { 'retry-seconds': seconds },
      });
    }
    this.#calls.push(now);
    return headers;
  }
}
