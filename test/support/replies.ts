import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import { NO_ADDRESS, NOT_RECEIVED } from '../../src/infra/models/message.ts';
import type { Outbound } from '../../src/infra/models/outbound.ts';
import { newDelivery } from '../../src/core/replies/newReply.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { newId } from '../../src/lib/ids.ts';
import { WORKSPACE, type House } from './house.ts';

export type Reply = OutboundMessageRow;

/** A reply as the API saves it, on an existing thread. */
export async function saveReply(
  { models }: Pick<House, 'models'>,
  thread: { kind: 'ticket' | 'conversation'; id: string; audience?: string },
  change: Partial<Omit<Reply, 'outbound'>> & { outbound?: Partial<Outbound> } = {},
): Promise<Reply> {
  const now = new Date();
  const id = newId();
  const { outbound, ...more } = change;
  const row: Reply = {
    ...NOT_RECEIVED,
    _id: id,
    workspace_id: WORKSPACE,
    audience: thread.audience ?? (thread.kind === 'ticket' ? 'tickets' : 'shared'),
    thread_kind: thread.kind,
    thread_id: thread.id,
    direction: 'outbound',
    state: 'queued',
    from: NO_ADDRESS,
    sender: NO_ADDRESS,
    reply_to: [],
    to: [{ email: 'ann@client.test', name: 'Ann' }],
    cc: [],
    workspace_email_id: null,
    sending_email: null,
    subject: 'Re: A question',
    text: 'It arrives tomorrow.',
    html: null,
    message_id: `<${id}@postroom.test>`,
    in_reply_to: null,
    references: [],
    names: [],
    people: ['ann@client.test'],
    opens: false,
    contact_id: null,
    author_id: 'olive',
    request_hash: 'h',
    words: [],
    created_at: now,
    stored_at: now,
    ...more,
    outbound: { ...newDelivery(now), wants_start: false, ...outbound },
  };
  await models.Message.collection.insertOne(row as never);
  await applyToThread(models, row, false);
  return row;
}

export const readReply = ({ models }: Pick<House, 'models'>, id: string): Promise<Reply> =>
  models.Message.findById(id).orFail().lean<Reply>();
