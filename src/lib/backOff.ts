const FIRST_MS = 250;

/** From half of a time to all of it (ms): processes that failed together must not come back together. */
export const withJitter = (ms: number): number => Math.round(ms * (0.5 + Math.random() / 2));

/**
 * How long to wait before the next try (ms): a quarter of a second, doubled with each failure, with jitter.
 * @param failures so far, from 1 on
 */
export const backOffMs = (failures: number, longestMs: number): number =>
  withJitter(Math.min(FIRST_MS * 2 ** (failures - 1), longestMs));
