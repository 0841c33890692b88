/** Gives a fault as often as its `times` says. */
export class Countdown<T extends { times?: number | undefined }> {
  #fault: T | null = null;
  #left = 0;

  set(fault: T | null): void {
    this.#fault = fault;
    this.#left = fault?.times ?? Infinity;
  }

  /** @param applies false for a fault that does not apply: then it is not counted */
  next(applies: (fault: T) => boolean = () => true): T | null {
    if (!this.#fault || this.#left <= 0 || !applies(this.#fault)) return null;
    this.#left -= 1;
    return this.#fault;
  }
}
