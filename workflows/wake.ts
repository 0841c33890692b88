import { condition, defineSignal, setHandler } from '@temporalio/workflow';

/** Something happened to the run's row. The run must read it again: the row decides what is next. */
const wake = defineSignal('wake');

/** Handles the signal `wake` for this run. Call it once, before the first step. */
export function wakeable() {
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));
  return {
    /** For loops that read the row next: what woke the run until now is seen there. */
    forgetWake: (): void => void (isWoken = false),
    /** Whether it was woken since. */
    wasWoken: (): boolean => isWoken,
    /** @returns true when it was woken before the time was over. */
    sleepOrWake: async (ms: number): Promise<boolean> => {
      const isEarly = await condition(() => isWoken, ms);
      isWoken = false;
      return isEarly;
    },
  };
}
