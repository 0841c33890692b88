import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const supervisor = fileURLToPath(new URL('supervise.sh', import.meta.url));

export interface ChildOptions {
  command: string;
  args: readonly string[];
  /** The output of the command is appended to it. */
  logFile: string;
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string | undefined;
  /** Time between SIGTERM and SIGKILL, in seconds. */
  graceSeconds?: number;
}

/** A process that ends when this one ends, even if this one is killed. */
export interface Child {
  /** Id of its process group, which is also the supervisor's process id. */
  readonly pid: number;
  /** Resolves when it has ended, with its exit code or signal. */
  readonly exited: Promise<string>;
  /** True until it has ended. */
  running(): boolean;
  /** SIGTERM, and SIGKILL when the grace is over; resolves when the whole group has ended. */
  stop(): Promise<void>;
  /** The last line that it printed. */
  lastLine(): string;
}

/**
 * Starts a command under `supervise.sh`. A command that cannot be run ends at once, with its reason in the
 * log.
 */
export function startChild(options: ChildOptions): Child {
  const grace = options.graceSeconds ?? 10;
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const supervised = spawn('/bin/sh', [supervisor, String(grace), options.command, ...options.args], {
    stdio: ['pipe', log, log],
    detached: true,
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
  });
  closeSync(log);
  const pid = supervised.pid ?? 0;
  const leash = supervised.stdin;
  leash?.on('error', () => undefined);

  let running = true;
  const exited = new Promise<string>((resolve) => {
    supervised.once('error', (error) => resolve(error.message));
    supervised.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  }).then(async (how) => {
    leash?.destroy();
    // The supervisor itself was killed: its watcher sees the end of the pipe and gives the command its grace.
    if (how.startsWith('signal')) await groupGone(pid, grace * 1000);
    if (pid > 0) signalGroup(pid, 'SIGKILL');
    running = false;
    return how;
  });

  return {
    pid,
    exited,
    running: () => running,
    stop: async () => {
      leash?.end();
      const overdue = setTimeout(() => signalGroup(pid, 'SIGKILL'), (grace + 2) * 1000);
      await exited;
      clearTimeout(overdue);
    },
    lastLine: () => lastLineOf(options.logFile),
  };
}

async function groupGone(group: number, withinMs: number): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end && signalGroup(group, 0);) await pause(50);
}

/** @returns whether the group has a member. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The last line that is not empty, without terminal colours; of a crash, the line that names the error. */
function lastLineOf(file: string): string {
  const lines = tailOf(file)
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trim())
    .filter(Boolean);
  const last = lines.at(-1) ?? '';
  // Node prints this line below the error and its stack.
  const line = last.startsWith('Node.js v')
    ? (lines.findLast((text) => /^\w*Error\b/.test(text)) ?? last)
    : last;
  return line.slice(0, 200);
}

function tailOf(file: string): string {
  try {
    const log = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(8_192);
      const { size } = fstatSync(log);
      return bytes.toString(
        'utf8',
        0,
        readSync(log, bytes, 0, bytes.length, Math.max(0, size - bytes.length)),
      );
    } finally {
      closeSync(log);
    }
  } catch {
    return '';
  }
}
