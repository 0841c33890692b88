import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import { countReply } from '../../src/infra/telemetry/metrics.ts';
import { asSet, type MessageChange } from '../../src/core/replies/change.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';

/** The message of this run. @throws Superseded when a later run has taken over, or the row is gone. */
export async function readReply({ models }: Deps, { id, run }: ReplyRun): Promise<OutboundMessageRow> {
  const row = await models.Message.findOne(
    { _id: id, direction: 'outbound' },
    { headers: 0, names: 0 },
  ).lean<OutboundMessageRow>();
  if (row?.outbound.run !== run) throw new Superseded();
  return row;
}

/**
 * Reads the message and writes the change that `change` makes of it. Starts again when another process wrote
 * in between: events come at any moment.
 * @param change returns null to write nothing.
 * @returns the message after the change.
 */
export async function changeReply(
  deps: Deps,
  reply: ReplyRun,
  change: (row: OutboundMessageRow) => MessageChange | null | Promise<MessageChange | null>,
): Promise<OutboundMessageRow> {
  for (;;) {
    const row = await readReply(deps, reply);
    const wanted = await change(row);
    if (wanted === null) return row;
    if (await write(deps, row, wanted))
      return { ...row, ...wanted, outbound: { ...row.outbound, ...wanted.outbound } };
  }
}

async function write({ models }: Deps, row: OutboundMessageRow, change: MessageChange): Promise<boolean> {
  const { run, changes } = row.outbound;
  const { modifiedCount } = await models.Message.updateOne(
    {
      _id: row._id,
      workspace_id: row.workspace_id,
      'outbound.run': run,
      'outbound.changes': changes,
    },
    { $set: asSet(change), $inc: { 'outbound.changes': 1 } },
  );
  if (modifiedCount === 1) countReply(change.state);
  return modifiedCount === 1;
}

/** Ends the run, with a reason for the agent. */
export const over = (state: 'failed' | 'unconfirmed', reason: string | null): MessageChange => ({
  state,
  outbound: {
    reason,
    state_at: new Date(),
    is_open: false,
    unclear: state === 'unconfirmed',
    // A person decides now, and knows of the doubt.
    ...(state === 'unconfirmed' && { maybe_sent: null }),
  },
});
