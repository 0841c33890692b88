import { accessSync, constants, statSync } from 'node:fs';
import { startChild } from './child.ts';
import { endOf, summaryOfLog } from './output.ts';

/** Prints one line for the person who waits. */
export type Say = (line: string) => void;

/** An engine could not be started; the message is a sentence that says what to do. */
export class EngineError extends Error {}

/** How often a slow step says that it is alive (ms). */
const PROGRESS_EVERY_MS = 15_000;

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface ToolRun {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  logFile: string;
  /** What is going on, for the progress lines: "Temporal: building with Go". */
  doing: string;
  say: Say;
  /** Looked at every second; returns why the run should end now, or null. */
  giveUp?: () => string | null;
}

/**
 * Runs a tool to its end with a progress line now and then.
 * @throws EngineError with how it ended and what it printed.
 */
export async function runTool(run: ToolRun): Promise<void> {
  const started = Date.now();
  const from = endOf(run.logFile);
  const tool = startChild({ ...run, graceSeconds: 2 });
  const progress = setInterval(() => {
    const last = tool.lastLine();
    run.say(`${run.doing}, ${elapsed(Date.now() - started)}${last && `: ${last}`}`);
  }, PROGRESS_EVERY_MS);
  const gaveUp: { why?: string } = {};
  const watch = setInterval(() => {
    const why = run.giveUp?.();
    if (!why) return;
    gaveUp.why = why;
    void tool.stop();
  }, 1_000);
  try {
    const how = await tool.exited;
    if (gaveUp.why) throw new EngineError(gaveUp.why);
    if (how !== 'exit code 0')
      throw new EngineError(`${how}: ${summaryOfLog(run.logFile, from)}. The whole log is in ${run.logFile}`);
  } finally {
    clearInterval(progress);
    clearInterval(watch);
  }
}

/** `5 min 20 s` */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
