import type { Page } from 'playwright-core';
import { TOKENS } from '../../test/support/stack.ts';
import { timed } from '../mails.ts';
import { say, figure, type Line } from '../report.ts';
import type { BenchDesk } from './desk.ts';
import { p95, timeLine } from './timing.ts';

const ROUNDS = 5;
const SLOW_ROUNDS = 3;
/** What the page asks for first. */
const INBOX = 'threads?inbox=true&sort=-last_message_at&limit=50';
const CPU_SLOWDOWN = 4;
/** WebPageTest's "4G". */
const NETWORK = { offline: false, latency: 170, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 };

interface Times {
  cold: number[];
  warm: number[];
  slow: number[];
  shifts: number[];
}
const noTimes = (): Times => ({ cold: [], warm: [], slow: [], shifts: [] });

/** From the start of the navigation until the list can be read. */
export async function measureLoad(desk: BenchDesk): Promise<{ lines: Line[]; shift: number }> {
  const { inbox, floor } = desk.urls;
  const [times, floors] = [noTimes(), noTimes()];
  const both = [
    [inbox, times],
    [floor, floors],
  ] as const;
  await loadTwice(desk, inbox, noTimes());
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const [url, into] of both) await loadTwice(desk, url, into);
  for (let round = 1; round <= SLOW_ROUNDS; round += 1)
    for (const [url, into] of both)
      await inNewProfile(desk, into, async (page) => {
        await slowDown(page);
        into.slow.push(await load(page, url));
      });
  // What of it is the database's: the same list, asked for alone.
  const lists: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1)
    lists.push(await timed(async () => (await desk.stack.api(INBOX, TOKENS.dana)).arrayBuffer()));
  say(`dashboard: first load ${figure(p95(times.cold))} ms, warm ${figure(p95(times.warm))} ms`);
  return {
    lines: [
      timeLine('list readable, cold', times.cold, 1_000, floors.cold),
      timeLine('  warm', times.warm, 500, floors.warm),
      { what: '  the list alone, from the API', ours: `${figure(p95(lists))} ms` },
      timeLine(`  cold, CPU x${CPU_SLOWDOWN} and 4G`, times.slow, 2_500, floors.slow),
    ],
    shift: Math.max(...times.shifts),
  };
}

const loadTwice = (desk: BenchDesk, url: string, into: Times): Promise<void> =>
  inNewProfile(desk, into, async (page) => {
    into.cold.push(await load(page, url));
    // The server would still be at work for a page that is gone.
    await page.evaluate('probe.quiet()');
    into.warm.push(await load(page, url));
  });

async function inNewProfile(desk: BenchDesk, into: Times, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await desk.newContext();
  const page = await context.newPage();
  await use(page);
  into.shifts.push(await page.evaluate<number>('probe.shifts.most'));
  await context.close();
}

async function load(page: Page, url: string): Promise<number> {
  await page.goto('about:blank');
  await page.goto(url);
  return page.evaluate<number>('probe.list');
}

async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', NETWORK);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
}
