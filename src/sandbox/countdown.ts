/** Hands out a fault as often as it was asked for. */
export class Countdown<T extends { times?: number | undefined }> {
  #fault: T | null = null;
  #left = 0;

  set(fault: T | null): void {
    this.#fault = fault;
    this.#left = fault?.times ?? Infinity;
  }
  take(): T | null {
    if (this.#left <= 0) return null;
    this.#left -= 1;
    return this.#fault;
  }
}
