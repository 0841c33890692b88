import type { MessageRow } from '../../src/models/index.ts';
import type { MessageState, Outbound } from '../../src/models/outbound.ts';
import type { ReplyRun } from '../../workflows/types.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';

/** A message that goes out. */
export type ReplyRow = MessageRow & { outbound: Outbound };

/** The message of this run. @throws Superseded when a later run has taken over, or the row is gone. */
export async function readReply({ models }: Deps, { id, run }: ReplyRun): Promise<ReplyRow> {
  const row = await models.Message.findOne(
    { _id: id, direction: 'outbound' },
    { headers: 0, names: 0 },
  ).lean<ReplyRow>();
  if (row?.outbound.run !== run) throw new Superseded();
  return row;
}

/** Writes while this run owns the message, it is in `state`, and nothing was changed since it was read. @returns whether it did. */
export async function writeReply(
  { models }: Deps,
  row: ReplyRow,
  state: MessageState,
  change: Partial<Outbound>,
  more: Partial<MessageRow> = {},
): Promise<boolean> {
  const { run, changes } = row.outbound;
  const outbound = Object.fromEntries(
    Object.entries(change).map(([key, value]) => [`outbound.${key}`, value]),
  );
  const { modifiedCount } = await models.Message.updateOne(
    { _id: row._id, state: row.state, 'outbound.run': run, 'outbound.changes': changes },
    { $set: { ...outbound, ...more, state }, $inc: { 'outbound.changes': 1 } },
  );
  return modifiedCount === 1;
}

/** The message has failed (or nobody knows), for a reason that an agent understands. Nothing is done when it has moved on. */
export async function closeReply(
  deps: Deps,
  row: ReplyRow,
  state: 'failed' | 'unconfirmed',
  reason: string,
): Promise<void> {
  const unclear = state === 'unconfirmed';
  await writeReply(deps, row, state, { reason, state_at: new Date(), is_open: false, unclear });
}
