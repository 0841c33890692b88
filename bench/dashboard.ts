import { figure, say, type Line, type Section } from './report.ts';
import { measureActs } from './dashboard/acts.ts';
import { measureBytes } from './dashboard/bytes.ts';
import { openDesk, TICKETS, type BenchDesk } from './dashboard/desk.ts';
import { measureHeavy } from './dashboard/heavy.ts';
import { measureHour } from './dashboard/hour.ts';
import { measureLive } from './dashboard/live.ts';
import { measureLoad } from './dashboard/load.ts';

/** The page in a browser, in a workspace of 10,000 tickets: how long an agent waits. */
export async function measureDashboard(): Promise<Section> {
  const desk = await openDesk();
  let shift = 0;
  const lines = [
    ...(await part(desk, 'bytes', () => measureBytes(desk))),
    ...(await part(desk, 'first load', async () => {
      const load = await measureLoad(desk);
      shift = Math.max(shift, load.shift);
      return load.lines;
    })),
    ...(await part(desk, 'acts', () => measureActs(desk))),
    ...(await part(desk, "a colleague's change", async () => [await measureLive(desk)])),
    ...(await part(desk, 'INP', async () => {
      const hour = await measureHour(desk);
      shift = Math.max(shift, hour.shift);
      return hour.lines;
    })),
    ...(await part(desk, 'heavy', () => measureHeavy(desk))),
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
    lines,
    notes: [
      'Times: p95; median (middle half). From the key or click, by the clock of the browser, until the frame in which it is seen. Web, worker, database and browser share the cores.',
      'Floor: a page without a program, served by the same web process: its rows are readable, a key marks the next one, text is typed into a plain field, all its 10,000 rows are scrolled.',
      'A thread is opened by the mouse; its first text is that of its mail, which stands there until the frame with the mail itself has loaded. Prefetched: the pointer has rested on its row.',
      'INP: of 24 threads that are read, assigned, tagged, answered and closed without a pause, with searches between them. Those under 16 ms count as 16.',
      'WCAG (axe) is checked by the tests, on every screen.',
    ],
  };
}

/** One that fails is missed, and says why; the others are still measured. */
async function part(desk: BenchDesk, what: string, measure: () => Promise<Line[]>): Promise<Line[]> {
  try {
    const lines = await measure();
    for (const line of lines) say(`dashboard: ${line.what}: ${line.ours}`);
    return lines;
  } catch (error) {
    say(`dashboard: ${what}: ${String(error)}`);
    return [{ what, ours: 'not measured', target: { reached: Infinity, atMost: 0, unit: '' } }];
  } finally {
    await desk.closePages();
  }
}
