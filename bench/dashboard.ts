import { figure, type Line, type Section } from './report.ts';
import { measureActs } from './dashboard/acts.ts';
import { measureBytes } from './dashboard/bytes.ts';
import { openDesk, TICKETS } from './dashboard/desk.ts';
import { measureHeavy } from './dashboard/heavy.ts';
import { measureHour } from './dashboard/hour.ts';
import { measureLive } from './dashboard/live.ts';
import { measureLoad } from './dashboard/load.ts';

/** The page in a browser, in a workspace of 10,000 tickets: how long an agent waits. */
export async function measureDashboard(): Promise<Section> {
  const desk = await openDesk();
  const load = await measureLoad(desk);
  const acts = await measureActs(desk);
  const live = await measureLive(desk);
  const hour = await measureHour(desk);
  const heavy = await measureHeavy(desk);
  const bytes = await measureBytes(desk);
  const shift = Math.max(load.shift, hour.shift);
  const more: Line[] = [
    {
      what: 'layout shift, the most',
      ours: figure(shift),
      target: { reached: shift, atMost: 0.05, unit: '' },
    },
    {
      what: 'requests to other hosts',
      ours: String(desk.outside.length),
      target: { reached: desk.outside.length, atMost: 0, unit: '' },
    },
  ];
  await desk.close();
  return {
    title: `The dashboard, in a workspace of ${figure(TICKETS)} tickets`,
    lines: [...load.lines, ...acts, live, ...hour.lines, ...heavy, ...more, ...bytes],
    notes: [
      'Times: p95; median (middle half). From the key or click, by the clock of the browser, until the frame in which it is seen. Web, worker, database and browser share the cores.',
      'Floor: a page without a program, served by the same web process: its rows are readable, a key marks the next one, text is typed into a plain field, all its 10,000 rows are scrolled.',
      'A thread is opened by the mouse; its first text is that of the mail in its frame. Prefetched: the pointer has rested on its row.',
      'INP: of 24 threads that are read, assigned, tagged, answered and closed without a pause, with searches between them. Those under 16 ms count as 16.',
      'WCAG (axe) is checked by the tests, on every screen.',
    ],
  };
}
