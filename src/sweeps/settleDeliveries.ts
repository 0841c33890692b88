import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Models, WebhookDeliveryRow } from '../infra/models/index.ts';
import { webhookWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';

/** Rows looked at in one go. */
const BATCH = 200;

type Pending = Pick<WebhookDeliveryRow, '_id' | 'run'>;

/**
 * Deliveries to endpoints that are on their way, and whose run is closed: ended by an operator, or by Temporal because it waited for
 * its turn for days. They become `failed`, and can be sent again. Where Temporal never heard of the run (restored from a backup) it is
 * started. @returns how many it settled
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
    const found = await runState(client, webhookWorkflowId(_id, run));
    if (found.state === 'open') continue;
    const { modifiedCount } = await WebhookDelivery.updateOne(
      { _id, run, state: 'pending', wants_start: false },
      { $set: found.state === 'unknown' ? { wants_start: true } : { state: 'failed' } },
    );
    settled += modifiedCount;
    log.warn({ delivery_id: _id, run, found: found.state }, 'a delivery to an endpoint was left unfinished');
  }
  return settled;
}

/** From another place each time: those that wait for an endpoint are many, and are not to hide the others. Ids are hashes. */
async function somePending({ WebhookDelivery }: Pick<Models, 'WebhookDelivery'>): Promise<Pending[]> {
  const from = randomUUID().replaceAll('-', '');
  const pending = { state: 'pending', wants_start: false } as const;
  const find = (_id: object, most: number) =>
    WebhookDelivery.find({ ...pending, _id }, { run: 1 })
      .sort({ _id: 1 })
      .limit(most)
      .lean<Pending[]>();
  const rows = await find({ $gte: from }, BATCH);
  return rows.length < BATCH ? [...rows, ...(await find({ $lt: from }, BATCH - rows.length))] : rows;
}
