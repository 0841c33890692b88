import { closeSync, openSync, readSync, statSync } from 'node:fs';

const FIRST_LINES = 2;
/** The reason of a failure is expected within this many bytes from the start or from the end. */
const LOOKED_AT_BYTES = 64 * 1024;

/** Size of a log that may not exist yet, in bytes: where the next tool's output begins. */
export const endOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/**
 * What a failed tool printed, on one line: its first lines, and its last one. The last one alone often says
 * nothing ("See 'pyenv help global' …"), and a compiler's first ones are its progress.
 * @param from where the tool's output begins in its log, in bytes
 */
export function summaryOfLog(file: string, from = 0): string {
  try {
    const log = openSync(file, 'r');
    try {
      const start = read(log, from);
      const tail = read(log, Math.max(from, endOf(file) - LOOKED_AT_BYTES));
      return summaryOf(start, tail);
    } finally {
      closeSync(log);
    }
  } catch {
    return summaryOf('');
  }
}

/** @param tail the end of the output, when `start` is not all of it */
export function summaryOf(start: string, tail = start): string {
  const lines = linesOf(start);
  const first = lines.slice(0, FIRST_LINES);
  if (first.length === 0) return 'it printed nothing';
  const last = linesOf(tail).at(-1);
  const isOneOfThem = last === undefined || (lines.length <= FIRST_LINES && tail === start);
  if (isOneOfThem || first.includes(last)) return first.join(' | ');
  return `${first.join(' | ')} | … | ${last}`;
}

/** Lines that are not empty, without terminal colours. */
function linesOf(text: string): string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trim())
    .filter(Boolean)
    .map((line) => (line.length > 300 ? `${line.slice(0, 120)} … ${line.slice(-160)}` : line));
}

function read(log: number, from: number): string {
  const bytes = Buffer.alloc(LOOKED_AT_BYTES);
  return bytes.toString('utf8', 0, readSync(log, bytes, 0, bytes.length, from));
}
