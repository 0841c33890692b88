import type { Logger } from 'pino';
import { withJitter } from '../lib/backOff.ts';
import { faultOf } from '../lib/faultOf.ts';

/** A sweep that runs again and again. */
export interface RepeatedSweep {
  /** Starts no further run, and resolves when the run under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a sweep every `ms`, the first time after a part of that time, so that processes that started together do
 * not all sweep in the same second. A run that takes longer than `ms` is never started
 * concurrently with itself. A run that fails is logged, and the next one is its retry.
 * @param name for the log
 */
export function every(
  ms: number,
  name: string,
  sweep: () => Promise<unknown>,
  log: Pick<Logger, 'warn'>,
): RepeatedSweep {
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    try {
      await sweep();
    } catch (error) {
      log.warn({ sweep: name, error: faultOf(error) }, 'a sweep failed; it runs again');
    }
  };
  const begin = () => {
    running ??= run().finally(() => {
      running = null;
    });
  };
  let timer = setTimeout(() => {
    begin();
    timer = setInterval(begin, ms);
  }, withJitter(ms));
  return {
    async stop() {
      clearTimeout(timer);
      await running;
    },
  };
}
