import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { isSettled } from '../../src/core/replies/recipientStates.ts';
import type { ReplyOutcome, ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { askProvider, readReply } from './messageRow.ts';

/** What became of a reply that went out: what is on its row, and, when `ask` is set, what the provider tells. */
export async function followReply(
  deps: Deps,
  reply: ReplyRun,
  { ask }: { ask: boolean },
): Promise<{ settled: boolean; state: ReplyOutcome['action'] }> {
  let row = await readReply(deps, reply);
  if (ask && !isSettled(row.outbound.deliveries)) {
    const found = await askProvider(deps, row);
    if (found.readable && found.events.length > 0) await applyEvents(deps.models, reply.id, found.events);
    row = await readReply(deps, reply);
  }
  return { settled: isSettled(row.outbound.deliveries), state: row.state as 'sent' };
}
