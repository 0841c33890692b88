import type { Spread } from './statistics.ts';

/** One line of the table. */
export interface Line {
  what: string;
  ours: string;
  floor?: string;
  /** Ours divided by the floor, or by the aim. */
  ratio?: number;
  aim?: { atLeast: number } | { atMost: number };
  /** An aim for what was reached itself, whatever the floor. */
  target?: { reached: number; atMost: number; unit: string };
}

/** A measurement: its heading, its lines, and notes that explain them. */
export interface Section {
  title: string;
  lines: Line[];
  notes: string[];
}

/** What `npm run bench` calls a measurement, and what came of it. */
export interface Part {
  name: string;
  section: Section;
  seconds: number;
}

const HEAD = ['part', 'figure', 'Postroom', 'floor', 'ratio', 'aim', 'reached'];

/** All that was measured as one table, and below it what explains the figures. */
export function printTable(parts: readonly Part[]): void {
  const rows = parts.flatMap(({ name, section }) =>
    section.lines.map((line, index) => [index === 0 ? name : '', ...cells(line)]),
  );
  const notes = parts.map(
    ({ name, section, seconds }) =>
      `${name}: ${section.title} (${figure(seconds)} s)\n${section.notes.map((note) => `  ${note}\n`).join('')}`,
  );
  process.stdout.write(`\n${aligned([HEAD, ...rows])}\n\n${notes.join('')}`);
}

/** For the person who waits: a measurement that has just ended. */
export function saySection({ title, lines }: Section): void {
  say(`\n${title}\n${aligned(lines.map(cells))}\n`);
}

function aligned(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Whether the line's aim was reached; true when it has none. */
export function isReached({ ratio, aim, target }: Line): boolean {
  if (target) return target.reached <= target.atMost;
  if (!aim || ratio === undefined) return true;
  return 'atLeast' in aim ? ratio >= aim.atLeast : ratio <= aim.atMost;
}

function cells(line: Line): string[] {
  const { what, ours, floor = '', ratio } = line;
  const wanted = wantedOf(line);
  return [
    what,
    ours,
    floor,
    ratio === undefined ? '' : ratio.toFixed(2),
    wanted,
    wanted && (isReached(line) ? 'yes' : 'NO'),
  ];
}

function wantedOf({ aim, target }: Line): string {
  if (target) return `<= ${figure(target.atMost)} ${target.unit}`.trimEnd();
  if (!aim) return '';
  return 'atLeast' in aim ? `>= ${aim.atLeast}` : `<= ${aim.atMost}`;
}

/** `1,234 (1,100..1,300) /s` */
export function withSpread({ median, min, max }: Spread, unit: string): string {
  return `${figure(median)} (${figure(min)}..${figure(max)}) ${unit}`;
}

export const figure = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

/** A line for the person who waits; the table is on standard output. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
