import type { Page } from 'playwright-core';
import { figure, say, type Line } from '../report.ts';
import type { BenchDesk } from './desk.ts';
import { afterInput, moveAway, p95, timeLine, untilMail, untilText } from './timing.ts';

const STEPS = 40;
const ACTS = 10;
/** Rows that a new page shows; every second one is prefetched before it is opened. */
const ROWS = 10;
const PAGES = 2;
const COMPOSERS = 10;
const KEYS = 60;
/** Of the bench alone: no ticket has it yet. */
const TAG = 'measured';

const ACTIVE = `document.querySelector('[role="listbox"]').getAttribute('aria-activedescendant')`;
const has = (selector: string) => `document.querySelector('${selector}')`;

/** The acts of every minute, each until it is shown. */
export async function measureActs(desk: BenchDesk): Promise<Line[]> {
  const floor = await measureFloor(desk);
  const { next, closed } = await measureList(desk);
  const { assigned, tagged } = await measureFields(desk);
  say('dashboard: closed, assigned and tagged');
  const { prefetched, others, mails } = await measureOpening(desk);
  say('dashboard: opened');
  const { composers, keys } = await measureComposer(desk);
  return [
    timeLine('next row marked (j, k)', next, 50, floor.next),
    timeLine('closed: its row is gone', closed, 50),
    timeLine('assigned', assigned, 50),
    timeLine('tagged', tagged, 50),
    timeLine('first text of a thread, prefetched', prefetched, 100),
    timeLine('  not prefetched', others, 300),
    { what: '  the mail in its frame', ours: `${figure(p95(mails))} ms` },
    timeLine('composer open, under 200 messages', composers, 100),
    timeLine('  key to paint', keys, 50, floor.keys),
  ];
}

async function measureList(desk: BenchDesk): Promise<{ next: number[]; closed: number[] }> {
  const page = await desk.newPage(desk.urls.inbox);
  await page.evaluate('probe.list');
  await moveAway(page);
  await page.keyboard.press('j');
  const active = () => page.evaluate<string>(ACTIVE);
  const next: number[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const before = await active();
    const key = step % 4 === 3 ? 'k' : 'j';
    next.push(await afterInput(page, `${ACTIVE} !== '${before}'`, () => page.keyboard.press(key)));
  }
  const closed: number[] = [];
  for (let act = 0; act < ACTS; act += 1) {
    const row = await active();
    closed.push(await afterInput(page, `!document.getElementById('${row}')`, () => page.keyboard.press('e')));
  }
  await page.context().close();
  return { next, closed };
}

async function measureFields(desk: BenchDesk): Promise<{ assigned: number[]; tagged: number[] }> {
  const page = await desk.newPage(desk.urls.inbox);
  await page.evaluate('probe.list');
  await moveAway(page);
  await page.keyboard.press('j');
  await untilMail(page, () => page.keyboard.press('Enter'));
  const assigned: number[] = [];
  const tagged: number[] = [];
  while (tagged.length < ACTS) {
    if (await page.getByRole('button', { name: 'Agent: Nobody' }).isVisible())
      assigned.push(await afterInput(page, has('[aria-label="Agent: You"]'), () => page.keyboard.press('m')));
    await page.keyboard.press('t');
    await page.getByRole('combobox', { name: 'Find or write a tag' }).fill(TAG);
    tagged.push(
      await afterInput(page, has(`[aria-label="Remove the tag ${TAG}"]`), () => page.keyboard.press('Enter')),
    );
    await page.keyboard.press('Escape');
    await untilMail(page, () => page.keyboard.press('j'));
  }
  await page.context().close();
  return { assigned, tagged };
}

async function measureOpening(desk: BenchDesk): Promise<Record<'prefetched' | 'others' | 'mails', number[]>> {
  const times = { prefetched: [] as number[], others: [] as number[], mails: [] as number[] };
  for (let round = 0; round < PAGES; round += 1) {
    const page = await desk.newPage(desk.urls.inbox);
    await page.evaluate('probe.list');
    for (let index = 0; index < ROWS; index += 1) {
      const row = page.getByRole('option').nth(index);
      const isPrefetched = index % 2 === 0;
      if (isPrefetched) {
        const fetched = page.waitForResponse((answer) => answer.url().includes('/messages?'));
        await row.hover();
        await (await fetched).finished();
      }
      const { text, mail } = await untilText(page, () => row.click());
      times[isPrefetched ? 'prefetched' : 'others'].push(text);
      times.mails.push(mail);
    }
    await page.context().close();
  }
  return times;
}

async function measureComposer(desk: BenchDesk): Promise<{ composers: number[]; keys: number[] }> {
  const page = await desk.newPage(desk.long[200]);
  await unfold(page);
  const text = has('[role="textbox"][aria-label="Message"]');
  const composers: number[] = [];
  for (let round = 0; round < COMPOSERS; round += 1) {
    composers.push(
      await afterInput(page, `${text} && document.activeElement === ${text}`, () => page.keyboard.press('r')),
    );
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor({ state: 'detached' });
  }
  await page.keyboard.press('r');
  await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
  const keys: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    const typed = `${text}.textContent.length > ${key}`;
    keys.push(await afterInput(page, typed, () => page.keyboard.press('a')));
  }
  await page.context().close();
  return { composers, keys };
}

async function measureFloor(desk: BenchDesk): Promise<{ next: number[]; keys: number[] }> {
  const page = await desk.newPage(desk.urls.floor);
  const next: number[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const isMarked = `${ACTIVE} === '${step}'`;
    next.push(await afterInput(page, isMarked, () => page.keyboard.press('j')));
  }
  await page.getByRole('textbox').focus();
  const keys: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    const isTyped = `${has('textarea')}.value.length > ${key}`;
    keys.push(await afterInput(page, isTyped, () => page.keyboard.press('a')));
  }
  await page.context().close();
  return { next, keys };
}

/** Shows every message of a long thread. */
export async function unfold(page: Page): Promise<void> {
  await page.getByRole('article').first().waitFor();
  const earlier = page.getByRole('button', { name: 'Load earlier messages' });
  while (await earlier.isVisible()) {
    // It goes when the last of them have come, perhaps just now.
    await earlier.click({ timeout: 5_000 }).catch(() => undefined);
    await page.evaluate('probe.quiet()');
  }
  await page.getByRole('button', { name: /earlier messages$/ }).click();
}
