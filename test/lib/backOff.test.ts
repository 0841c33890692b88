import { backOffMs, withJitter } from '../../src/lib/backOff.ts';

test('waits double up to the longest, each with its own jitter', () => {
  for (const [failures, ms] of [
    [1, 250],
    [3, 1_000],
    [6, 5_000],
    [2_000, 5_000],
  ] as const)
    for (let n = 0; n < 50; n += 1) {
      const waits = backOffMs(failures, 5_000);
      expect(waits).toBeGreaterThanOrEqual(ms / 2);
      expect(waits).toBeLessThanOrEqual(ms);
    }
  expect(new Set(Array.from({ length: 50 }, () => withJitter(10_000))).size).toBeGreaterThan(20);
});
