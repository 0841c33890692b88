import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Models, WebhookDeliveryRow } from '../infra/models/index.ts';
import { webhookWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';

/** Rows that one call checks. */
const BATCH = 200;

type Pending = Pick<WebhookDeliveryRow, '_id' | 'run'>;

/**
 * Settles pending deliveries to endpoints whose run has closed: an operator ended it, or Temporal did,
 * because it had waited for its turn for days. They become `failed`, and can be sent again. When Temporal
 * does not know the run (it was restored from a backup), the run is started. @returns the number of
 * deliveries settled
 */
export async function settleDeliveries({
  models: { WebhookDelivery },
  client,
  log,
}: {
  models: Models;
  client: Client;
  log: Logger;
}): Promise<number> {
  let settled = 0;
  for (const { _id, run } of await somePending({ WebhookDelivery })) {
    const { state } = await runState(client, webhookWorkflowId(_id, run));
    if (state === 'open') continue;
    const { modifiedCount } = await WebhookDelivery.updateOne(
      { _id, run, state: 'pending', wants_start: false },
      { $set: state === 'unknown' ? { wants_start: true } : { state: 'failed' } },
    );
    settled += modifiedCount;
    log.warn({ delivery_id: _id, run, found: state }, 'a delivery to an endpoint was left unfinished');
  }
  return settled;
}

/**
 * Starts at a random id each time, so that many deliveries that wait for one endpoint do not hide the others.
 * Ids are hashes.
 */
async function somePending({ WebhookDelivery }: Pick<Models, 'WebhookDelivery'>): Promise<Pending[]> {
  const from = randomUUID().replaceAll('-', '');
  const pending = { state: 'pending', wants_start: false } as const;
  const findPending = (_id: object, limit: number) =>
    WebhookDelivery.find({ ...pending, _id }, { run: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<Pending[]>();
  const rows = await findPending({ $gte: from }, BATCH);
  return rows.length < BATCH ? [...rows, ...(await findPending({ $lt: from }, BATCH - rows.length))] : rows;
}
