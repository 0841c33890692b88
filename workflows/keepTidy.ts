import { continueAsNew, patched, proxyActivities, upsertMemo } from '@temporalio/workflow';
import type { OperationsActivities } from '../activities/index.ts';
import { sweep } from './policies.ts';
import { DAY_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** After these it goes on as a new run, because the length of a history is limited. */
const DAYS_A_RUN = 30;

/**
 * One for the installation, without an end. It deletes what has been kept long enough: daily, and when a
 * worker wakes it at its start, perhaps with another RETENTION_DAYS.
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
    await sleepOrWake(DAY_MS);
  }
  return continueAsNew<typeof keepTidy>();
}
