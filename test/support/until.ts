import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition; long, because only a test that fails waits to the end.
 * @returns its first truthy value.
 * @throws after `withinMs`, saying what was waited for.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 120_000,
): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > begun + withinMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    // Less often the longer it takes: many who wait at once would keep the machine busy with looking.
    await sleep(Math.min(500, 25 + (Date.now() - begun) / 20));
  }
}
