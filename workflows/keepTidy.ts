import {
  condition,
  continueAsNew,
  defineSignal,
  patched,
  proxyActivities,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { OperationsActivities } from '../activities/index.ts';
import { sweep } from './policies.ts';
import { DAY_MS } from './time.ts';

/** A worker has started, perhaps with another RETENTION_DAYS. */
const wake = defineSignal('wake');

/** Then it goes on as a new run, because a history has an end. */
const DAYS_A_RUN = 30;

/** One for the installation, without an end: daily, what has been kept long enough is deleted. */
export async function keepTidy(): Promise<void> {
  const { deleteOldRaw, deleteOldUploads, deleteOldEvents } = proxyActivities<OperationsActivities>(sweep);
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));

  for (let days = 0; days < DAYS_A_RUN; days += 1) {
    isWoken = false;
    const { mails } = await deleteOldRaw();
    const { files } = await deleteOldUploads();
    // Runs of before knew of no events.
    const more = patched('old-events') ? await deleteOldEvents() : {};
    upsertMemo({ mails, files, ...more });
    await condition(() => isWoken, DAY_MS);
  }
  return continueAsNew<typeof keepTidy>();
}
