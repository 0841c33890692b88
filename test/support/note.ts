/** A line for whoever reads the output of a run: a seed, a figure, what cannot be tested here. */
export function note(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
