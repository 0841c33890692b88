import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { OutboundState } from '../../infra/models/outbound.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { summariseThreadOf } from '../threads/summary.ts';
import { asSet, type MessageChange } from './change.ts';

/** The message as it is now, and whether it is as requested. */
export interface Decided {
  row: OutboundMessageRow;
  done: boolean;
}

/**
 * Cancels a message before it goes out: one conditional update, which competes with the run's `-> sending`
 * (activities/replies/takeReply.ts). A run that has started finds the message cancelled; otherwise none is
 * started. Idempotent.
 */
export async function cancelMessage(models: Models, message: OutboundMessageRow): Promise<Decided> {
  const row = await decide(models, message, ['queued', 'scheduled'], {
    state: 'cancelled',
    outbound: { wants_start: false, is_open: false, reason: null, state_at: new Date() },
  });
  const decided = row ? { row, done: true } : await asItIs(models, message, 'cancelled');
  // If the process dies before this, the change handler does it (core/events/changeHandler.ts).
  if (decided.done) await summariseThreadOf(models, decided.row);
  return decided;
}

/** Tries a failed or unconfirmed message again, at a person's request: as a new run. */
export async function retryMessage(models: Models, message: OutboundMessageRow): Promise<Decided> {
  const at = new Date();
  const { run } = message.outbound;
  const row = await decide(
    models,
    message,
    ['failed', 'unconfirmed'],
    {
      state: 'queued',
      outbound: {
        run: run + 1,
        wants_start: true,
        is_open: true,
        reason: null,
        due_at: at,
        state_at: at,
      },
    },
    // Two concurrent requests start one run.
    { 'outbound.run': run },
  );
  return row ? { row, done: true } : asItIs(models, message, null);
}

/** @returns the message when the change was made. */
async function decide(
  models: Models,
  { _id, workspace_id }: OutboundMessageRow,
  from: OutboundState[],
  change: MessageChange,
  more: Record<string, unknown> = {},
): Promise<OutboundMessageRow | null> {
  const row = await models.Message.findOneAndUpdate(
    { _id, workspace_id, direction: 'outbound', state: { $in: from }, ...more },
    { $set: asSet(change), $inc: { 'outbound.changes': 1 } },
    { returnDocument: 'after' },
  ).lean<OutboundMessageRow>();
  if (row) countReply(change.state);
  return row;
}

async function asItIs(
  models: Models,
  { _id, workspace_id }: OutboundMessageRow,
  wanted: OutboundState | null,
): Promise<Decided> {
  const row = await models.Message.findOne({ _id, workspace_id }).orFail().lean<OutboundMessageRow>();
  return { row, done: row.state === wanted };
}
