import { pause, type Child } from './engines/child.ts';
import type { Say } from './engines/index.ts';

/** A child process that is started again when it ends without being stopped. */
export interface KeptUp {
  /** Stops it, without starting it again. */
  stop(): Promise<void>;
}

/** First and longest wait before the next start (ms). */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** After a run of this length, the waits begin again with the first (ms). */
const HEALTHY_AFTER_MS = 60_000;

/** Keeps a child process running: starts it again when it ends, and prints a line each time. */
export function keepUp(name: string, first: Child, restart: () => Promise<Child>, say: Say): KeptUp {
  let stopping = false;
  const isStopping = () => stopping;
  let child = first;
  const watch = async () => {
    for (let wait = FIRST_WAIT_MS; ;) {
      const startedAt = Date.now();
      const result = await child.exited;
      if (isStopping()) return;
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) wait = FIRST_WAIT_MS;
      say(
        `${name} ended (${result}): ${child.lastLine() || 'no output'}. ` +
          `Starting it again in ${wait / 1000} s.`,
      );
      await pause(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      if (isStopping()) return;
      // When the start fails, `child` stays the ended one, and the loop tries again.
      child = await restart().catch((error: unknown) => {
        say(`${name} could not be started: ${(error as Error).message}`);
        return child;
      });
    }
  };
  void watch();
  return {
    stop: async () => {
      stopping = true;
      await child.stop();
    },
  };
}
