import { askProvider } from '../../src/core/replies/askProvider.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { isSettled } from '../../src/core/replies/recipientStates.ts';
import type { ReplyOutcome, ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import { beginAgain, isNotSentYet } from '../../src/core/replies/maybeSent.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';
import { changeReply, readReply } from './messageRow.ts';

/**
 * Reads the delivery state of a sent reply from its row and, if `ask` is set, from the provider's events.
 * @throws Superseded when the row has not been sent yet: the database was restored to an earlier moment than
 * Temporal. A new run finds out what became of it.
 */
export async function followReply(
  deps: Deps,
  reply: ReplyRun,
  { ask }: { ask: boolean },
): Promise<{ settled: boolean; state: ReplyOutcome['action'] }> {
  let row = await changeReply(deps, reply, (read) => (isNotSentYet(read) ? beginAgain(read) : null));
  if (row.outbound.run !== reply.run) throw new Superseded();
  if (ask && !isSettled(row.outbound.deliveries)) {
    const found = await askProvider(deps, row);
    if (found.readable && found.events.length > 0) await applyEvents(deps.models, reply.id, found.events);
    row = await readReply(deps, reply);
  }
  return { settled: isSettled(row.outbound.deliveries), state: row.state as 'sent' };
}
