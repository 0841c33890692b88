import type { Client } from '@temporalio/client';
import { KEEP_TIDY_ID, SET_UP_QUEUE } from './ids.ts';

/** Has what was kept long enough deleted now, and daily from then on. One run, whoever asks. @throws ServiceError when Temporal is away */
export async function startKeepTidy(client: Client): Promise<void> {
  await client.workflow.signalWithStart('keepTidy', {
    taskQueue: SET_UP_QUEUE,
    workflowId: KEEP_TIDY_ID,
    signal: 'wake',
    staticSummary: 'What has been kept long enough is deleted, daily',
  });
}
