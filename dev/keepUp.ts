import { pause, type Child } from './engines/child.ts';
import type { Say } from './engines/index.ts';

/** A child that is started again when it ends by itself. */
export interface KeptUp {
  /** Stops it for good. */
  stop(): Promise<void>;
}

/** First and longest wait before another start (ms). */
const SOON_MS = 1_000;
const LATE_MS = 30_000;
/** One that ran for this long is started again soon (ms). */
const HEALTHY_AFTER_MS = 60_000;

/** Keeps a child up by starting it again, with a line for each time that it ended. */
export function keepUp(name: string, first: Child, again: () => Promise<Child>, say: Say): KeptUp {
  let stopping = false;
  const isStopping = () => stopping;
  let child = first;
  const watch = async () => {
    for (let wait = SOON_MS; ;) {
      const startedAt = Date.now();
      const how = await child.exited;
      if (isStopping()) return;
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) wait = SOON_MS;
      say(
        `${name} ended (${how}): ${child.lastLine() || 'it said nothing'}. Starting it again in ${wait / 1000} s.`,
      );
      await pause(wait);
      wait = Math.min(wait * 2, LATE_MS);
      if (isStopping()) return;
      // A start that fails leaves the child that ended, and so comes back here.
      child = await again().catch((error: unknown) => {
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
