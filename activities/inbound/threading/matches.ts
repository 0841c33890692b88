import {
  collectionOf,
  type InboundEmailRow,
  type MessageRow,
  type Models,
} from '../../../src/infra/models/index.ts';
import { isClosed } from '../../../src/core/threads/audiences.ts';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
import type { Target } from '../../../src/infra/models/inboundEmail.ts';
import { parentIds } from '../../../src/mail/messageIds.ts';
import { isSameMail, type Comparable } from '../../../src/mail/sameMail.ts';
import { comparable } from '../sameMail.ts';

export interface ThreadRef {
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  audience: string;
}

/**
 * The message that this mail answers: In-Reply-To, then References newest first; of several with one id, the
 * one in the receiving address's own audience, then one that was sent from that address, then the newest.
 */
export async function findParent(
  models: Models,
  row: InboundEmailRow,
  target: Target,
): Promise<Carrier | null> {
  const [likeliest, ...others] = parentIds(row.mail as StoredMail);
  // The answered mail has nearly always arrived. Only if not, the earlier ones that it names are read, up to
  // 30.
  for (const ids of [likeliest === undefined ? [] : [likeliest], others]) {
    const carriersOfEach = await Promise.all(ids.map((id) => carriersOf(models, row, id)));
    for (const carriers of carriersOfEach) {
      const best = await bestOf(models, carriers, target);
      if (best) return best;
    }
  }
  return null;
}

/** Of the messages with the same Message-Id, the one whose thread this mail may join. */
async function bestOf(models: Models, carriers: Carrier[], target: Target): Promise<Carrier | null> {
  if (await isReused(models, carriers)) return null;
  const counting = (await withoutImpostors(models, carriers)).filter((message) => counts(message, target));
  return (
    counting.find((message) => message.audience === target.audience) ??
    counting.find((message) => wasSentFrom(message, target)) ??
    counting[0] ??
    null
  );
}

/** Most messages with one id that are read; an id with more comes from a machine that reuses it. */
const MAX_CARRIERS = 100;

/** What threading reads of a message, all from the index `carriers`: the whole row may have several MB. */
export const CARRIER_FIELDS = {
  workspace_id: 1,
  direction: 1,
  audience: 1,
  thread_kind: 1,
  thread_id: 1,
  sending_email: 1,
  inbound_email_id: 1,
  fingerprint: 1,
  created_at: 1,
} as const;
export type Carrier = Pick<MessageRow, '_id' | keyof typeof CARRIER_FIELDS>;

/** The messages with this Message-Id, newest first, without those of the mail itself. */
export async function carriersOf(models: Models, row: InboundEmailRow, id: string): Promise<Carrier[]> {
  // Stand-in: docs/decisions/stand-in-database.md. Filtered and sorted here, because the stand-in is slow
  // unless a query has exactly the index's fields.
  const carriers = await collectionOf(models.Message)
    .find({ workspace_id: row.workspace_id as string, message_id: id })
    .project<Carrier>(CARRIER_FIELDS)
    .limit(MAX_CARRIERS)
    .toArray();
  const ours = carriers.length < MAX_CARRIERS ? [] : await oursWith(models, row, id);
  return [...carriers.filter(({ _id }) => !ours.some((message) => message._id === _id)), ...ours]
    .filter((message) => message.inbound_email_id !== row._id)
    .sort((a, b) => b.created_at.getTime() - a.created_at.getTime());
}

/** Our own messages with this id, which a hundred mails of a stranger must not hide. */
const oursWith = (models: Models, row: InboundEmailRow, id: string): Promise<Carrier[]> =>
  collectionOf(models.Message)
    .find({ workspace_id: row.workspace_id as string, message_id: id, direction: 'outbound' })
    .project<Carrier>(CARRIER_FIELDS)
    .toArray();

/** The fields that `comparable` reads. */
const COMPARED_FIELDS = { subject: 1, text: 1, html: 1, sent_at: 1, 'sender.email': 1, files: 1 } as const;
/** In so many forms one mail may be here: direct, through forwarders and lists that change it a little. */
const MAX_FORMS = 8;

/**
 * Whether two different mails have this id (contact forms reuse them): then no mail is threaded by it. Only
 * messages with different fingerprints are compared, and one after the other, since each may have 8 MB. An id of
 * ours is random, so it is never reused by accident: whoever writes a mail with it cannot make it void.
 */
export async function isReused(models: Models, carriers: Carrier[]): Promise<boolean> {
  if (carriers.some(isOurs)) return false;
  const fingerprints = new Set(carriers.flatMap(({ fingerprint }) => fingerprint ?? []));
  if (fingerprints.size > MAX_FORMS) return true;
  // Messages from before fingerprints were kept are a form each.
  const forms = new Map(carriers.map((carrier) => [carrier.fingerprint ?? carrier._id, carrier]));
  if (forms.size < 2) return false;
  const [newest, ...others] = [...forms.values()].slice(0, MAX_FORMS);
  const first = await readComparable(models, newest!);
  for (const carrier of others) {
    const other = await readComparable(models, carrier);
    if (first && other && !isSameMail(first, other)) return true;
  }
  return false;
}

async function readComparable(models: Models, { _id, workspace_id }: Carrier): Promise<Comparable | null> {
  const projection = COMPARED_FIELDS;
  const message = await collectionOf(models.Message).findOne({ _id, workspace_id }, { projection });
  return message && comparable(message);
}

const isOurs = ({ direction }: Carrier): boolean => direction === 'outbound';

/**
 * Without mails that carry the id of a message of ours, but are not that message: a stranger has written it into a mail
 * of their own. The message itself may have come to another address of the workspace.
 */
async function withoutImpostors(models: Models, carriers: Carrier[]): Promise<Carrier[]> {
  const own = carriers.find(isOurs);
  if (!own || carriers.every(isOurs)) return carriers;
  const ours = await readComparable(models, own);
  const kept = new Set(carriers.filter(isOurs));
  for (const carrier of carriers.filter((message) => !isOurs(message)).slice(0, MAX_FORMS)) {
    const other = await readComparable(models, carrier);
    // Ours has no Date header, and its files are kept elsewhere: subject and text decide.
    if (!ours || !other) continue;
    const { date, sender, files } = other;
    if (isSameMail({ ...ours, date, sender, files }, other)) kept.add(carrier);
  }
  return carriers.filter((carrier) => kept.has(carrier));
}

/**
 * Whether mail to this address may join the message's thread. An unreceivable address accepts only answers to
 * our messages.
 */
function counts(message: Carrier, target: Target): boolean {
  if (target.unreceivable !== null && message.direction !== 'outbound') return false;
  if (isClosed(message.audience) ? message.audience === target.audience : !isClosed(target.audience))
    return true;
  return wasSentFrom(message, target);
}

function wasSentFrom(message: Carrier, target: Target): boolean {
  return message.direction === 'outbound' && message.sending_email === target.address;
}
