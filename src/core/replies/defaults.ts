import { normaliseAddress, type Address } from '../../mail/addresses.ts';
import { answerTo, isSameAddress, unique, type AnswerTo } from '../../mail/answerTo.ts';
import { forwardSubject, replySubject } from '../../mail/subject.ts';
import type { InboundMessageRow, MessageRow, Models } from '../../infra/models/index.ts';
import type { MessageState } from '../../infra/models/outbound.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { formSendersOf, offeredFormSender, type FormSenderOffer } from './formSendersOf.ts';
import { ownAddresses, type IsOurs } from './ownAddresses.ts';
import { takingPart } from '../threads/people.ts';
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
  /** The reply goes to somebody else than the From of the mail that it answers. */
  elsewhere: boolean;
  /** Addresses in that mail's Reply-To that do not count: the agent may choose them. */
  choices: Address[];
  /** From may be a form service: with this, its Reply-To counts. */
  formSender: FormSenderOffer | null;
}

interface Asked {
  /** A mail of the thread; null: the last one of a sender who takes part. */
  messageId?: string | null;
  /** Null: `reply_all`. */
  kind?: ReplyKind | null;
}

/**
 * To: the Reply-To where it counts (mail/answerTo.ts), else the sender, of the last inbound message from a sender who
 * takes part. Cc: the other addresses in its To and Cc, of those who take part; a mail that is proved to be its
 * sender's brings new ones. The workspace's own addresses are left out. A thread without such a message: the
 * recipients of our last message. A reply that is not to all has no Cc, and who gets a forwarded mail is for the agent
 * to say.
 * @throws Unfit when the message that was asked for is not a mail of the thread
 */
export async function replyDefaults(
  models: Models,
  thread: ThreadRow,
  { messageId = null, kind = null }: Asked = {},
): Promise<ReplyDefaults> {
  const [inbound, sent, isOurs] = await Promise.all([
    messageId === null ? lastInbound(models, thread) : mailOf(models, thread, messageId),
    idsOf(models, thread),
    ownAddresses(models, thread.workspace_id),
  ]);
  const answered = inbound ?? (await lastOfOurs(models, thread));
  const all = answered && kind !== 'forward' ? await peopleOf(models, answered, isOurs) : NOBODY;
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
    elsewhere: all.elsewhere,
    choices: all.choices,
    formSender: all.formSender,
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

type People = AnswerTo & Pick<ReplyDefaults, 'cc' | 'elsewhere' | 'formSender'>;
const NOBODY: People = { to: [], cc: [], choices: [], elsewhere: false, formSender: null };

async function peopleOf(models: Models, answered: MessageRow, isOurs: IsOurs): Promise<People> {
  if (answered.direction !== 'inbound') return { ...NOBODY, to: answered.to, cc: answered.cc };
  const address = await formSendersOf(models, answered);
  const { to, choices } = answerTo(answered, address.form_senders, isOurs);
  const others = unique([...answered.to, ...answered.cc].filter((person) => !isOurs(person)));
  const cc = await whoMayBeNamed(
    models,
    answered,
    others.filter(({ email }) => !to.some((person) => isSameAddress(person.email, email))),
  );
  return {
    to,
    cc,
    choices,
    elsewhere: to.some(({ email }) => !isSameAddress(email, answered.from.email)),
    formSender: offeredFormSender(answered, address, isOurs),
  };
}

/** All whom a mail names if it brings them in; else those who take part already. */
async function whoMayBeNamed(
  models: Models,
  { workspace_id, thread_id, opens, sender_known, authentication }: InboundMessageRow,
  named: Address[],
): Promise<Address[]> {
  if (opens || (sender_known && authentication?.verdict === 'pass')) return named;
  const addressOf = ({ email }: Address) => normaliseAddress(email) ?? '';
  const known = await takingPart(models, { workspace_id, thread_id }, named.map(addressOf));
  return named.filter((person) => known.has(addressOf(person)));
}

/** Messages of a thread whose ids are looked at. */
const LONGEST_THREAD = 2_000;
const NEVER_SENT = new Set<MessageState>(['queued', 'scheduled', 'cancelled', 'sending', 'failed']);

/** Our last message that went out, without those that came from another thread. */
async function lastOfOurs(
  models: Models,
  { _id: thread_id, workspace_id, audience }: ThreadRow,
): Promise<MessageRow | null> {
  return models.Message.findOne({
    workspace_id,
    thread_id,
    audience,
    direction: 'outbound',
    state: { $nin: [...NEVER_SENT] },
    'people.0': { $exists: true },
  })
    .sort({ created_at: -1, _id: -1 })
    .lean<MessageRow>();
}

/** Message-Ids of the thread, oldest first. */
async function idsOf(models: Models, thread: ThreadRow): Promise<{ first: string[]; ids: string[] }> {
  const rows = await models.Message.find(
    { workspace_id: thread.workspace_id, thread_id: thread._id, audience: thread.audience },
    { message_id: 1, direction: 1, state: 1, created_at: 1 },
  )
    .sort({ created_at: -1, _id: -1 })
    .limit(LONGEST_THREAD)
    .lean<Pick<MessageRow, '_id' | 'message_id' | 'direction' | 'state'>[]>();
  const ids = rows
    .toReversed()
    .filter((row) => row.message_id !== null && !(row.direction === 'outbound' && NEVER_SENT.has(row.state)))
    .map((row) => row.message_id as string);
  return { first: ids.slice(0, 1), ids };
}
