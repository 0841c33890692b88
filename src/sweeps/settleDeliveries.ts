import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Models, WebhookRow } from '../infra/models/index.ts';
import { endpointWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';

/** Endpoints that one call checks. */
const BATCH = 200;

/** How far the sweep has come in the endpoints, by their ids; the next call goes on there. */
export interface EndpointCursor {
  after: string;
}

/**
 * Starts the run of each endpoint that has pending deliveries and no open run: an operator ended it, or
 * Temporal was restored from a backup.
 * @param cursor kept between calls
 * @returns the number of runs started
 */
export async function settleDeliveries(
  {
    models: { Webhook, WebhookDelivery },
    client,
    starts,
    log,
  }: { models: Models; client: Client; starts: Pick<WorkflowStarts, 'deliverToEndpoint'>; log: Logger },
  cursor: EndpointCursor = { after: '' },
): Promise<number> {
  const endpoints = await Webhook.find({ _id: { $gt: cursor.after } }, { workspace_id: 1 })
    .sort({ _id: 1 })
    .limit(BATCH)
    .lean<Pick<WebhookRow, '_id' | 'workspace_id'>[]>();
  let started = 0;
  for (const { _id: id, workspace_id } of endpoints) {
    cursor.after = id;
    if (!(await WebhookDelivery.exists({ workspace_id, webhook_id: id, state: 'pending' }))) continue;
    const { state } = await runState(client, endpointWorkflowId(id));
    if (state === 'open') continue;
    await starts.deliverToEndpoint({ id }, workspace_id);
    started += 1;
    log.warn({ webhook_id: id, found: state }, 'an endpoint had deliveries and no run; it is started');
  }
  if (endpoints.length < BATCH) cursor.after = '';
  return started;
}
