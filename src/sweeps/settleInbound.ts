import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { InboundEmailRow, Models } from '../infra/models/index.ts';
import type { MessageState, Outbound } from '../infra/models/outbound.ts';
import { countMail, countReply } from '../infra/telemetry/metrics.ts';
import { inboundWorkflowId, replyWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';

/** Rows looked at in one go. */
const BATCH = 200;

/**
 * No mail vanishes (promise 3): a row that is not final after `olderThanMs` and whose run is closed (an operator ended
 * it) becomes `failed`, where it is seen and can be run again.
 * @returns how many became `failed`.
 */
export async function settleInbound(
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
    if (modifiedCount === 1) countMail('failed');
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
  let settled = 0;
  for (const { _id, state, outbound } of await lateReplies(models, Date.now() - olderThanMs)) {
    const { run, changes } = outbound;
    // Before the run has taken it, an unclear call is an earlier run's, about which a person has decided.
    const unclear = outbound.unclear && state === 'sending';
    const found = await runState(client, replyWorkflowId(_id, run));
    if (found.state === 'open') continue;
    const change =
      found.state === 'unknown' && !unclear
        ? { 'outbound.wants_start': true }
        : {
            state: outbound.unclear ? ('unconfirmed' as const) : ('failed' as const),
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
    if (modifiedCount === 1) countReply(change.state);
    log.warn({ message_id: _id, run, found: found.state }, 'a reply was left unfinished');
  }
  return settled;
}

interface LateReply {
  _id: string;
  state: MessageState;
  outbound: Outbound;
}

/**
 * At most `BATCH`, from another place each time: those whose run is open (the provider is away, and thousands are tried
 * again) are late too, and those that wait for their day are many; neither may hide the others.
 */
async function lateReplies(models: Models, before: number): Promise<LateReply[]> {
  const late: LateReply[] = [];
  const open = models.Message.find({ 'outbound.is_open': true }, { state: 1, outbound: 1 })
    .lean<LateReply>()
    .cursor();
  for await (const message of open)
    if (message.outbound.due_at.getTime() < before && !message.outbound.wants_start) late.push(message);
  const from = Math.floor(Math.random() * late.length);
  return [...late.slice(from), ...late.slice(0, from)].slice(0, BATCH);
}
