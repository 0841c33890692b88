import type { MessageRow } from '../../src/infra/models/index.ts';
import type { Outbound } from '../../src/infra/models/outbound.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { newId } from '../../src/lib/ids.ts';
import { WORKSPACE, type House } from './house.ts';

export type Reply = MessageRow & { outbound: Outbound };

/** A reply as the API saves it, on an existing thread. */
export async function saveReply(
  { models }: Pick<House, 'models'>,
  thread: { kind: 'ticket' | 'conversation'; id: string; audience?: string },
  change: Partial<Omit<MessageRow, 'outbound'>> & { outbound?: Partial<Outbound> } = {},
): Promise<Reply> {
  const now = new Date();
  const id = newId();
  const { outbound, ...more } = change;
  const row: Reply = {
    _id: id,
    workspace_id: WORKSPACE,
    audience: thread.audience ?? (thread.kind === 'ticket' ? 'tickets' : 'shared'),
    thread_kind: thread.kind,
    thread_id: thread.id,
    direction: 'outbound',
    state: 'queued',
    from: { email: '', name: '' },
    sender: { email: '', name: '' },
    reply_to: [],
    to: [{ email: 'ann@client.test', name: 'Ann' }],
    cc: [],
    to_email: null,
    workspace_email_id: null,
    sending_email: null,
    subject: 'Re: A question',
    text: 'It arrives tomorrow.',
    html: null,
    cut: [],
    headers: [],
    message_id: `<${id}@postroom.test>`,
    in_reply_to: null,
    references: [],
    names: [],
    people: ['ann@client.test'],
    sender_known: true,
    opens: false,
    auto_reply: false,
    list_mail: false,
    spam: false,
    sent_at: null,
    contact_id: null,
    inbound_email_id: null,
    files: [],
    copies: [],
    author_id: 'olive',
    request_hash: 'h',
    created_at: now,
    ...more,
    outbound: {
      bcc: [],
      send_at: null,
      due_at: now,
      run: 1,
      wants_start: false,
      is_open: true,
      attempt: 0,
      attempt_at: null,
      unclear: false,
      trying_since: null,
      reason: null,
      state_at: now,
      deliveries: [],
      changes: 0,
      ...outbound,
    },
  };
  await models.Message.collection.insertOne(row as never);
  await applyToThread(models, row, false);
  return row;
}

export const readReply = ({ models }: Pick<House, 'models'>, id: string): Promise<Reply> =>
  models.Message.findById(id).orFail().lean<Reply>();
