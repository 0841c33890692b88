/** Counts calls in each second of the clock. */
export class RateLimit {
  #second = 0;
  #calls = 0;

  /** @returns how many more calls this second takes; under 0 = this one is too many. */
  take(perSecond: number, now = Date.now()): number {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#calls = 0;
    this.#second = second;
    this.#calls += 1;
    return perSecond - this.#calls;
  }
}
