import type { Page } from 'playwright-core';
import { mailIn } from '../../test/support/outgoing.ts';
import { figure, say, type Line } from '../report.ts';
import type { BenchDesk } from './desk.ts';
import { TICKETS } from './desk.ts';
import { unfold } from './acts.ts';
import { moveAway } from './timing.ts';

/** A fast wheel: ten rows a frame. */
const PIXELS_A_FRAME = 680;
const KEY_EVERY_MS = 60;
const MAIL_BYTES = 2 * 1024 * 1024;

interface Scrolled {
  /** ms */
  longest: number;
  rows: number;
}

/** What is large: a list of all rows, a mail of 2 MB, a thread of 500 messages. */
export async function measureHeavy(desk: BenchDesk): Promise<Line[]> {
  const list = await scrollAll(desk, desk.urls.all, `document.body.textContent.includes('That is all.')`);
  const floor = await scrollAll(desk, desk.urls.floorRows, 'true');
  const mail = await measureMail(desk);
  const thread = await measureThread(desk);
  return [
    {
      what: `scroll through ${figure(TICKETS)} rows, longest frame`,
      ours: `${figure(list.longest)} ms`,
      floor: `${figure(floor.longest)} ms`,
      ratio: list.longest / floor.longest,
      target: { reached: list.longest, atMost: 50, unit: 'ms' },
    },
    {
      what: '  rows in the DOM at most',
      ours: String(list.rows),
      target: { reached: list.rows, atMost: 80, unit: '' },
    },
    keyLine('a mail of 2 MB: longest wait of a key', mail),
    keyLine('a thread of 500: longest wait of a key', thread),
  ];
}

const keyLine = (what: string, longest: number): Line => ({
  what,
  ours: `${figure(longest)} ms`,
  target: { reached: longest, atMost: 200, unit: 'ms' },
});

/** @param isComplete an expression of the page: no more rows will come */
async function scrollAll(desk: BenchDesk, url: string, isComplete: string): Promise<Scrolled> {
  const page = await desk.newPage(url);
  await page.evaluate('probe.list');
  await moveAway(page);
  const scrolled = await page.evaluate<Scrolled>(`(() => {
    const list = document.querySelector('[role="listbox"]');
    const isAtEnd = () => list.scrollTop + list.clientHeight >= list.scrollHeight - 1 && ${isComplete};
    return probe.scroll(list, ${PIXELS_A_FRAME}, isAtEnd);
  })()`);
  await tellFrames(page, 'scroll');
  await page.context().close();
  return scrolled;
}

async function measureMail(desk: BenchDesk): Promise<number> {
  const row = `<tr><td style="padding:4px;color:#333">An offer</td><td><a href="https://shop.test/">Only today</a></td></tr>`;
  const html = `<table>${row.repeat(Math.ceil(MAIL_BYTES / row.length))}</table>`;
  const { path } = await mailIn(desk.stack, { subject: 'A large one', html });
  const page = await desk.newPage(`${desk.urls.inbox}/${path.replace('tickets/', 'ticket/')}`);
  const show = page.getByRole('button', { name: 'Show it' });
  await show.waitFor();
  const longest = await whileKeys(page, async () => {
    await show.click();
    // A document of no origin: the page cannot look into it, as it can into that of a small mail.
    await page.locator('main article').frameLocator('iframe').getByText('Only today').last().waitFor();
  });
  await tellFrames(page, 'mail');
  await page.context().close();
  return longest;
}

async function measureThread(desk: BenchDesk): Promise<number> {
  const page = await desk.newPage(desk.urls.inbox);
  await page.evaluate('probe.list');
  const longest = await whileKeys(page, async () => {
    // As a link of the page would: no new document.
    await page.evaluate(`history.pushState(null, '', '${desk.long[500]}')`);
    await unfold(page);
  });
  await tellFrames(page, 'thread');
  await page.context().close();
  return longest;
}

/**
 * Presses a key that chooses a row, again and again, whether or not the page answers. @returns the longest time from a key to
 * the frame after it (ms)
 */
async function whileKeys(page: Page, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate('probe.longestKey()');
  const pressed: Promise<void>[] = [];
  const timer = setInterval(() => pressed.push(page.keyboard.press('x')), KEY_EVERY_MS);
  try {
    await act();
  } finally {
    clearInterval(timer);
    await Promise.all(pressed);
  }
  // What was pressed last has its frame as well.
  await page.evaluate('probe.seen(() => true)');
  return page.evaluate<number>('probe.longestKey()');
}

/** Says which scripts made long frames: where a target is missed, that is the first that one wants to know. */
async function tellFrames(page: Page, what: string): Promise<void> {
  const frames = await page.evaluate<{ duration: number; scripts: string[] }[]>('probe.frames');
  const longest = frames.toSorted((a, b) => b.duration - a.duration).slice(0, 3);
  for (const frame of longest) say(`dashboard: a long frame (${what}): ${JSON.stringify(frame)}`);
}
