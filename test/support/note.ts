/** A line for the reader of a run's output: a seed, a figure, what cannot be tested here. */
export function note(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
