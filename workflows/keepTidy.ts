import { continueAsNew, patched, proxyActivities, upsertMemo } from '@temporalio/workflow';
import type { OperationsActivities } from '../activities/index.ts';
import { sweep } from './policies.ts';
import { DAY_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** Of a run of an earlier version: after these it went on as a new run. */
const DAYS_A_RUN = 30;

/**
 * Deletes what has been kept long enough. A schedule starts it daily and at each start of a worker
 * (src/infra/temporal/schedules.ts). Runs of an earlier version were a loop without an end; theirs ends when it
 * wakes the next time.
 */
export async function keepTidy(): Promise<void> {
  const { deleteOldRaw, deleteOldUploads, deleteOldEvents } = proxyActivities<OperationsActivities>(sweep);
  const { sleepOrWake, forgetWake } = wakeable();

  for (let days = 0; days < DAYS_A_RUN; days += 1) {
    forgetWake();
    const { mails } = await deleteOldRaw();
    const { files } = await deleteOldUploads();
    // Earlier histories have no such step.
    const events = patched('old-events') ? await deleteOldEvents() : {};
    upsertMemo({ mails, files, ...events });
    if (patched('scheduled')) return;
    await sleepOrWake(DAY_MS);
  }
  return continueAsNew<typeof keepTidy>();
}
