import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { InboundEmailRow, Models } from '../models/index.ts';
import { SENT_FIELDS, type SentMessage } from '../replies/applyEvents.ts';
import { inboundWorkflowId, replyWorkflowId } from './ids.ts';
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

/**
 * Replies that should have gone out `olderThanMs` ago and whose run is closed. Temporal never heard of it (restored from a
 * backup) and no call of it is unclear: started again. An operator ended it: `failed`, or `unconfirmed` when a call
 * was made of which nobody knows what it came to; an agent can have both tried again.
 * @returns how many it settled.
 */
export async function settleReplies(
  { models, client, log }: { models: Models; client: Client; log: Logger },
  olderThanMs: number,
): Promise<number> {
  const before = Date.now() - olderThanMs;
  const open = await models.Message.find({ 'outbound.is_open': true }, SENT_FIELDS)
    .limit(BATCH * 10)
    .lean<SentMessage[]>();
  const late = open.filter(({ outbound }) => outbound.due_at.getTime() < before && !outbound.wants_start);
  let settled = 0;
  for (const { _id, outbound } of late.slice(0, BATCH)) {
    const { run, changes, unclear } = outbound;
    const found = await runState(client, replyWorkflowId(_id, run));
    if (found.state === 'open') continue;
    const change =
      found.state === 'unknown' && !unclear
        ? { 'outbound.wants_start': true }
        : {
            state: unclear ? 'unconfirmed' : 'failed',
            'outbound.reason':
              found.state === 'closed' ? `its run was ended (${found.status})` : 'its run is gone',
            'outbound.state_at': new Date(),
            'outbound.is_open': false,
          };
    const { modifiedCount } = await models.Message.updateOne(
      { _id, 'outbound.changes': changes },
      { $set: change, $inc: { 'outbound.changes': 1 } },
    );
    settled += modifiedCount;
    log.warn({ message_id: _id, run, found: found.state }, 'a reply was left unfinished');
  }
  return settled;
}
