/** Counts calls in each second of the clock. */
export class RateLimit {
  #second = 0;
  #calls = 0;

  /** Counts one call. @returns how many calls are left in this second; below 0: this call is too many */
  count(perSecond: number, now = Date.now()): number {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#calls = 0;
    this.#second = second;
    this.#calls += 1;
    return perSecond - this.#calls;
  }
}
