import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import { cancelMessage } from './takeBack.ts';

const REASON = 'The customer wrote before it was sent, so it was called off as you asked.';

/**
 * Calls off scheduled messages whose authors asked for that, because this mail came first. Each is a draft
 * again. Idempotent. Neither a mail from somebody who takes no part nor an automatic one calls anything off.
 * @returns the messages that were called off
 */
export async function callOffScheduled(
  models: Models,
  { workspace_id, thread_id, audience, direction, created_at, sender_known, opens }: MessageRow,
): Promise<OutboundMessageRow[]> {
  if (direction !== 'inbound' || !(sender_known || opens)) return [];
  const scheduled = await models.Message.find({
    workspace_id,
    thread_id,
    audience,
    state: 'scheduled',
    'outbound.cancel_on_reply': true,
    created_at: { $lt: created_at },
  }).lean<OutboundMessageRow[]>();
  const calledOff: OutboundMessageRow[] = [];
  for (const message of scheduled) {
    const { row, done } = await cancelMessage(models, message, REASON);
    if (done) calledOff.push(row);
  }
  return calledOff;
}
