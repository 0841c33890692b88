import { setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { SnoozeOutcome, SnoozeRun } from '../src/infra/temporal/runTypes.ts';
import { snoozeSteps } from './steps.ts';

/** One snooze of a thread: wakes it when its time has come, unless mail or a person has done so before. */
export async function snoozeThread(snooze: SnoozeRun): Promise<SnoozeOutcome> {
  const step = snoozeSteps();
  for (;;) {
    const awake = await step.wakeThread(snooze);
    if (awake.verdict !== 'wait') {
      upsertMemo({ outcome: awake.verdict });
      return { action: awake.verdict };
    }
    setCurrentDetails('waiting: the thread is snoozed');
    await sleep(Math.max(awake.ms, 1));
  }
}
