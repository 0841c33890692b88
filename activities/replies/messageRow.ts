import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import { countReply } from '../../src/infra/telemetry/metrics.ts';
import { asSet, type MessageChange } from '../../src/core/replies/change.ts';
import type { FoundEvents } from '../../src/infra/providers/outbound.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';

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

/** Allowance for clocks that differ. */
const SLACK_MS = 5 * MINUTE_MS;

/** The provider's events of this message, from the first call on that its run made, or may have made. */
export function askProvider({ outbound, replies }: Deps, row: OutboundMessageRow): Promise<FoundEvents> {
  const { attempt_at, trying_since, maybe_sent } = row.outbound;
  const known = [attempt_at, trying_since].map((at) => at ?? row.created_at);
  const calls = [...known, ...(maybe_sent ? [maybe_sent.since] : [])].map((at) => at.getTime());
  const since = Math.max(Math.min(...calls) - SLACK_MS, Date.now() - replies.eventsKeptMs);
  return outbound.findEvents({
    messageId: row.message_id,
    from: row.from.email,
    since: new Date(since),
  });
}
