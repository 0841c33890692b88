import type { Page } from 'playwright-core';
import { mailIn } from '../../test/support/outgoing.ts';
import { figure, say, type Line } from '../report.ts';
import { quantile } from '../statistics.ts';
import type { BenchDesk } from './desk.ts';
import { moveAway, untilMail } from './timing.ts';

/** An agent who is quick: one thread in two and a half minutes. */
const THREADS = 24;
/** After so many threads, other lists and a search. */
const LOOKS_EVERY = 6;
const ANSWER = 'Thank you for your mail. It left our warehouse on Friday; it is with you tomorrow.';
const NOTE = 'The carrier says tomorrow.';
const TRACKER =
  '<p>Your order is late?</p><img src="https://evil.test/pixel.png" alt="" width="1" height="1">';

export interface Hour {
  lines: Line[];
  /** The most layout shift that no act explains. */
  shift: number;
}

/** The acts of an hour, one after the other without a pause: what of them was slow, as the browser's Event Timing says. */
export async function measureHour(desk: BenchDesk): Promise<Hour> {
  await mailIn(desk.stack, { subject: 'With a tracker', html: TRACKER });
  const page = await desk.newPage(desk.urls.inbox);
  await page.evaluate('probe.list');
  const started = Date.now();
  for (let index = 0; index < THREADS; index += 1) {
    await workOn(page, index);
    if (index % LOOKS_EVERY === LOOKS_EVERY - 1) await lookAround(page);
  }
  const seconds = (Date.now() - started) / 1000;
  const times = await page.evaluate<number[]>('probe.interactions()');
  for (const slow of await page.evaluate<object[]>('probe.slow'))
    say(`dashboard: a slow interaction: ${JSON.stringify(slow)}`);
  const shift = await page.evaluate<{ most: number; of: string }>('probe.shifts');
  say(`dashboard: an hour in ${figure(seconds)} s; most shifted: ${shift.of || 'nothing'}`);
  await page.context().close();
  const inp = (q: number, atMost: number): Line => ({
    what: `INP of ${figure(times.length)} interactions, p${q * 100}`,
    ours: `${figure(quantile(times, q))} ms`,
    target: { reached: quantile(times, q), atMost, unit: 'ms' },
  });
  return { lines: [inp(0.75, 100), inp(0.98, 200)], shift: shift.most };
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const text = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });

/** One thread: read, assigned, tagged, answered, closed; by keys, every sixth is opened by the mouse. */
async function workOn(page: Page, index: number): Promise<void> {
  const isByMouse = index % LOOKS_EVERY === 0;
  if (isByMouse) await untilMail(page, () => page.getByRole('option', { selected: false }).nth(2).click());
  await moveAway(page);
  if (!isByMouse) await untilMail(page, () => page.keyboard.press('j'));
  await page.keyboard.press('m');
  await page.keyboard.press('t');
  const tag = page.getByRole('combobox', { name: 'Find or write a tag' });
  await tag.pressSequentially('hour');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await tag.waitFor({ state: 'detached' });
  if (index % 3 === 2) await write(page, 'n', NOTE);
  await write(page, 'r', ANSWER);
  if (index % 3 === 0) {
    await button(page, 'Undo').last().waitFor();
    await page.keyboard.press('z');
    await text(page).waitFor();
    await text(page).press('Control+Enter');
    await text(page).waitFor({ state: 'detached' });
  }
  await page.keyboard.press('e');
  if (index % 4 === 1) await page.keyboard.press('z');
}

async function write(page: Page, key: 'r' | 'n', words: string): Promise<void> {
  await page.keyboard.press(key);
  await text(page).waitFor();
  await text(page).pressSequentially(words);
  await page.keyboard.press('Control+Enter');
  await text(page).waitFor({ state: 'detached' });
}

/** What is done between threads: another list, a search, the commands, the keys. */
async function lookAround(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Waiting', exact: true }).click();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Search' }).pressSequentially('warranty');
  await page.keyboard.press('Enter');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).waitFor();
  await page.keyboard.type('inbox');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/inbox');
  await page.getByRole('option').first().waitFor();
  await button(page, 'Unread').click();
  await page.getByRole('option').first().waitFor();
  await button(page, 'Unread').click();
  await page.getByRole('option').first().waitFor();
}
