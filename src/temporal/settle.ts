import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { InboundEmailRow, Models } from '../models/index.ts';
import { inboundWorkflowId } from './ids.ts';
import { runState } from './runs.ts';

/** Rows looked at in one go. */
const BATCH = 200;

/**
 * No mail vanishes (promise 3): a row that is not final after `olderThanMs` and whose run is closed (an operator ended
 * it) becomes `failed`, where it is seen and can be run again.
 * @returns how many became `failed`.
 */
export async function settleRows(
  { models, client, log }: { models: Models; client: Client; log: Logger },
  olderThanMs: number,
): Promise<number> {
  const before = new Date(Date.now() - olderThanMs);
  const rows = await models.InboundEmail.find({ state: 'received', updated_at: { $lt: before } }, { run: 1 })
    .limit(BATCH)
    .lean<Pick<InboundEmailRow, '_id' | 'run'>[]>();
  let settled = 0;
  for (const { _id, run } of rows) {
    const found = await runState(client, inboundWorkflowId(_id, run));
    if (found.state === 'open') continue;
    const reason = found.state === 'closed' ? `its run was ended (${found.status})` : 'its run is gone';
    const { modifiedCount } = await models.InboundEmail.updateOne(
      { _id, run, state: 'received' },
      { $set: { state: 'failed', reason, updated_at: new Date() } },
    );
    settled += modifiedCount;
    log.warn({ inbound_email_id: _id, run, reason }, 'a mail was left unfinished; it is in the failed list');
  }
  return settled;
}
