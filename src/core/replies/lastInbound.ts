import type { InboundMessageRow, Models } from '../../infra/models/index.ts';
import type { SendingThread } from './sender.ts';

/**
 * How many of the newest mails are searched for one from a sender who takes part; our own messages do not
 * count.
 */
const SEARCHED = 200;
const WITHOUT_BODIES = { text: 0, html: 0, headers: 0, words: 0 } as const;

/**
 * The newest inbound message of a sender who takes part: a reply answers that one. A marked mail never
 * changes the defaults of a reply.
 */
export async function lastInbound(
  models: Models,
  { _id: thread_id, workspace_id, audience }: Pick<SendingThread, '_id' | 'workspace_id' | 'audience'>,
): Promise<InboundMessageRow | null> {
  const newest = await models.Message.find(
    { workspace_id, thread_id, audience, direction: 'inbound' },
    WITHOUT_BODIES,
  )
    .sort({ created_at: -1, _id: -1 })
    .limit(SEARCHED)
    .lean<InboundMessageRow[]>();
  return newest.find((message) => message.sender_known || message.opens) ?? null;
}
