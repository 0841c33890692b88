import { normaliseAddress, withoutTag, type Address } from '../../mail/addresses.ts';
import { forwardSubject, replySubject } from '../../mail/subject.ts';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { type ReplyKind, Unfit } from './draft.ts';
import { lastInbound } from './lastInbound.ts';
import { limitReferences } from './references.ts';

/** Recipients, subject and references of a reply, unless the agent names others. */
export interface ReplyDefaults {
  to: Address[];
  cc: Address[];
  subject: string;
  /** Message-Id of the message that is answered; null when it has none. */
  inReplyTo: string | null;
  references: string[];
  /** Id of the message that is answered; null in a thread without mail. */
  answered: string | null;
}

interface Asked {
  /** A mail of the thread; null: the last one of a sender who takes part. */
  messageId?: string | null;
  /** Null: `reply_all`. */
  kind?: ReplyKind | null;
}

/**
 * To: the Reply-To, else the sender, of the last inbound message from a sender who takes part. Cc: the other
 * addresses in its To and Cc. The workspace's own addresses are left out. A thread without such a message:
 * the recipients of our last message. A reply that is not to all has no Cc, and who gets a forwarded mail is
 * for the agent to say.
 * @throws Unfit when the message that was asked for is not a mail of the thread
 */
export async function replyDefaults(
  models: Models,
  thread: ThreadRow,
  { messageId = null, kind = null }: Asked = {},
): Promise<ReplyDefaults> {
  const [inbound, sent, ours] = await Promise.all([
    messageId === null ? lastInbound(models, thread) : mailOf(models, thread, messageId),
    idsOf(models, thread),
    ownAddresses(models, thread.workspace_id),
  ]);
  const answered =
    inbound ??
    (sent.last
      ? await models.Message.findOne({
          _id: sent.last,
          workspace_id: thread.workspace_id,
        }).lean<MessageRow>()
      : null);
  const isOurs = (person: Address) => {
    const exact = normaliseAddress(person.email);
    return exact === null || ours.has(exact) || ours.has(withoutTag(exact) ?? '');
  };
  const all = answered && kind !== 'forward' ? peopleOf(answered, isOurs) : { to: [], cc: [] };
  const inReplyTo = answered?.message_id ?? null;
  const chain = [...sent.first, ...(answered?.references ?? []), ...sent.ids].filter(
    (id) => id !== inReplyTo,
  );
  return {
    to: all.to,
    cc: kind === 'reply' ? [] : all.cc,
    subject: (kind === 'forward' ? forwardSubject : replySubject)(answered?.subject ?? thread.subject),
    inReplyTo,
    references: limitReferences(inReplyTo === null ? chain : [...chain, inReplyTo]),
    answered: answered?._id ?? null,
  };
}

async function mailOf(models: Models, { _id: thread_id, workspace_id, audience }: ThreadRow, _id: string) {
  const filter = { _id, workspace_id, thread_id, audience };
  const row = await models.Message.findOne(filter, {
    text: 0,
    html: 0,
    headers: 0,
    words: 0,
  }).lean<MessageRow>();
  if (row && row.direction !== 'note') return row;
  throw new Unfit('message_id', 'must be the id of a mail of this thread');
}

function peopleOf(
  answered: MessageRow,
  isOurs: (person: Address) => boolean,
): { to: Address[]; cc: Address[] } {
  const others = (list: Address[]) => unique(list.filter((person) => !isOurs(person)));
  if (answered.direction === 'outbound') return { to: answered.to, cc: answered.cc };
  const sender = answered.sender.email === '' ? answered.from : answered.sender;
  const to = others(answered.reply_to.length > 0 ? answered.reply_to : [sender]);
  const named = new Set(to.map(({ email }) => normaliseAddress(email)));
  const cc = others([...answered.to, ...answered.cc]).filter(
    ({ email }) => !named.has(normaliseAddress(email)),
  );
  return { to, cc };
}

function unique(people: Address[]): Address[] {
  const seen = new Set<string | null>();
  return people.filter(({ email }) => {
    const address = normaliseAddress(email);
    return !seen.has(address) && seen.add(address);
  });
}

/** Every address that is or was the workspace's, forwarding addresses too. */
async function ownAddresses(models: Models, workspace_id: string): Promise<ReadonlySet<string>> {
  const [emails, forwarding] = await Promise.all([
    models.WorkspaceEmail.find({ workspace_id }, { address: 1 }).lean(),
    models.ForwardingAddress.find({ workspace_id }, { address: 1 }).lean(),
  ]);
  return new Set([...emails, ...forwarding].map((row) => row.address));
}

/** Messages of a thread whose ids are looked at. */
const LONGEST_THREAD = 2_000;
const NEVER_SENT = new Set(['queued', 'scheduled', 'cancelled', 'sending', 'failed']);

/** Message-Ids of the thread, oldest first, and the row id of our last message that went out. */
async function idsOf(
  models: Models,
  thread: ThreadRow,
): Promise<{ first: string[]; ids: string[]; last: string | null }> {
  const rows = await models.Message.find(
    { workspace_id: thread.workspace_id, thread_id: thread._id, audience: thread.audience },
    { message_id: 1, direction: 1, state: 1, created_at: 1 },
  )
    .sort({ created_at: -1, _id: -1 })
    .limit(LONGEST_THREAD)
    .lean<Pick<MessageRow, '_id' | 'message_id' | 'direction' | 'state'>[]>();
  const sent = rows
    .toReversed()
    .filter((row) => row.message_id !== null && !(row.direction === 'outbound' && NEVER_SENT.has(row.state)));
  const ids = sent.map((row) => row.message_id as string);
  return {
    first: ids.slice(0, 1),
    ids,
    last: sent.findLast((row) => row.direction === 'outbound')?._id ?? null,
  };
}
