import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { lastLineOf, startChild } from './child.ts';

/** Prints one line for the person who waits. */
export type Say = (line: string) => void;

/** Something could not be brought up; the message is a sentence that says what to do. */
export class EngineError extends Error {}

/** How often a slow step says that it is alive (ms). */
const PROGRESS_EVERY_MS = 15_000;

/** Full path of a command, as a shell would find it; null when it is not installed. */
export function findOnPath(command: string, env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, command);
    if (isExecutable(file)) return file;
  }
  return null;
}

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

/** Runs a tool to its end with a progress line now and then. @throws EngineError with how it ended and its last line. */
export async function runTool(run: ToolRun): Promise<void> {
  const started = Date.now();
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
      throw new EngineError(`${how}: ${lastLineOf(run.logFile) || 'it printed nothing'}`);
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
