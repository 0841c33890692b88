import type { Page } from 'playwright-core';
import { figure, withSpread, type Line } from '../report.ts';
import { middleHalf, quantile } from '../statistics.ts';

/**
 * How long after its first key or click an act is seen (ms), by the clock of the browser: from the event to the frame after
 * which `condition`, an expression of the page, holds.
 */
export async function afterInput(
  page: Page,
  condition: string,
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(`void (window.measured = probe.afterInput(() => ${condition}))`);
  await act();
  return page.evaluate<number>('measured');
}

export const p95 = (times: readonly number[]): number => quantile(times, 0.95);

/** A line of times with their target, and of the floor's times where there is one. */
export function timeLine(
  what: string,
  times: readonly number[],
  atMost: number,
  floor?: readonly number[],
): Line {
  return {
    what: `${what}, p95 of ${times.length}`,
    ours: spread(times),
    ...(floor && { floor: spread(floor), ratio: p95(times) / p95(floor) }),
    target: { reached: p95(times), atMost, unit: 'ms' },
  };
}

const spread = (times: readonly number[]): string =>
  `${figure(p95(times))} ms; ${withSpread(middleHalf(times), '')}`.trimEnd();

/** Until a mail is seen in a frame that was not there when the act began. */
export async function untilMail(page: Page, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate('probe.forget()');
  return afterInput(page, 'probe.isMailShown()', act);
}

/** Until the text of a mail that was not there when the act began can be read, and until the mail is seen in its frame. */
export async function untilText(
  page: Page,
  act: () => Promise<unknown>,
): Promise<{ text: number; mail: number }> {
  await page.evaluate('probe.forget(); void (window.text = probe.afterInput(() => probe.isTextShown()))');
  const mail = await afterInput(page, 'probe.isMailShown()', act);
  return { text: await page.evaluate<number>('text'), mail };
}

/** Away from the list, whose rows do not move while a pointer is on it. */
export const moveAway = (page: Page): Promise<void> => page.mouse.move(1_000, 500);
