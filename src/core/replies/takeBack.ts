import type { ClientSession } from 'mongoose';
import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { OutboundState } from '../../infra/models/outbound.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { summariseThreadOf } from '../threads/summary.ts';
import { asSet, type MessageChange } from './change.ts';
import { becomesDraft } from './drafts.ts';

/** The message as it is now, and whether it is as requested. */
export interface Decided {
  row: OutboundMessageRow;
  done: boolean;
}

/**
 * Cancels a message before it goes out: one conditional update, which competes with the run's `-> sending`
 * (activities/replies/takeReply.ts). A run that has started finds the message cancelled; otherwise none is
 * started. In the same transaction it becomes its author's draft again. Idempotent.
 * @param reason why, if not at the request of an agent
 */
export async function cancelMessage(
  models: Models,
  message: OutboundMessageRow,
  reason: string | null = null,
): Promise<Decided> {
  const row = await models.connection.transaction(async (session) => {
    const cancelled = await decide(
      models,
      message,
      ['queued', 'scheduled'],
      {
        state: 'cancelled',
        outbound: { wants_start: false, is_open: false, reason, state_at: new Date() },
      },
      { session },
    );
    if (cancelled) await becomesDraft(models, cancelled, session);
    return cancelled;
  });
  if (row) countReply(row.state);
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
    { more: { 'outbound.run': run } },
  );
  if (!row) return asItIs(models, message, null);
  countReply(row.state);
  return { row, done: true };
}

/** @returns the message when the change was made. */
async function decide(
  models: Models,
  { _id, workspace_id }: OutboundMessageRow,
  from: OutboundState[],
  change: MessageChange,
  { more, session }: { more?: Record<string, unknown>; session?: ClientSession } = {},
): Promise<OutboundMessageRow | null> {
  return models.Message.findOneAndUpdate(
    { _id, workspace_id, direction: 'outbound', state: { $in: from }, ...more },
    { $set: asSet(change), $inc: { 'outbound.changes': 1 } },
    { returnDocument: 'after', ...(session && { session }) },
  ).lean<OutboundMessageRow>();
}

async function asItIs(
  models: Models,
  { _id, workspace_id }: OutboundMessageRow,
  wanted: OutboundState | null,
): Promise<Decided> {
  const row = await models.Message.findOne({ _id, workspace_id }).orFail().lean<OutboundMessageRow>();
  return { row, done: row.state === wanted };
}
