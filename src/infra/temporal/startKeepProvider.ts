import type { Client } from '@temporalio/client';
import { KEEP_PROVIDER_ID, SET_UP_QUEUE } from './ids.ts';

/**
 * Has routes and event hooks at the provider looked at now, and daily from then on. One run for the installation, whoever asks and
 * however often. @throws ServiceError when Temporal is away
 */
export async function startKeepProvider(client: Client): Promise<void> {
  await client.workflow.signalWithStart('keepProvider', {
    taskQueue: SET_UP_QUEUE,
    workflowId: KEEP_PROVIDER_ID,
    signal: 'wake',
    staticSummary: 'What Postroom needs at its mail provider is looked after',
  });
}
