import { say, figure, type Line } from '../report.ts';
import type { BenchDesk } from './desk.ts';
import { p95, timeLine } from './timing.ts';

const CHANGES = 20;

/** From a colleague's request until the change is seen in the list. */
export async function measureLive(desk: BenchDesk): Promise<Line> {
  const page = await desk.newPage(desk.urls.inbox);
  const live = page.waitForResponse((answer) => /\/changes(\?|$)/.test(answer.url()));
  await page.evaluate('probe.list');
  await live;
  const rows = await page.evaluate<string[]>(
    `[...document.querySelectorAll('[role="option"]')].slice(0, 8).map(({ id }) => id.slice('row-'.length))`,
  );
  const times: number[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const id = rows[change % rows.length]!;
    const subject = `Changed by a colleague, ${change}`;
    await page.evaluate(
      `void (window.measured = probe.seen(() => document.getElementById('row-${id}')?.textContent.includes('${subject}')))`,
    );
    // Both clocks are of this machine.
    const began = Date.now();
    const answer = await desk.stack.request('PATCH', `tickets/${id}`, { subject });
    if (!answer.ok) throw new Error(`a change was answered ${answer.status}`);
    const seenAt = await page.evaluate<number>('measured.then((now) => performance.timeOrigin + now)');
    times.push(seenAt - began);
  }
  await page.context().close();
  say(`dashboard: a colleague's change ${figure(p95(times))} ms`);
  return timeLine("a colleague's change seen", times, 500);
}
