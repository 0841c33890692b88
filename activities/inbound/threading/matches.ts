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
import { isSameMail } from '../../../src/mail/sameMail.ts';
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
): Promise<MessageRow | null> {
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
async function bestOf(models: Models, carriers: MessageRow[], target: Target): Promise<MessageRow | null> {
  if (await isReused(models, carriers)) return null;
  const counting = carriers.filter((message) => counts(message, target));
  return (
    counting.find((message) => message.audience === target.audience) ??
    counting.find((message) => wasSentFrom(message, target)) ??
    counting[0] ??
    null
  );
}

/** Most messages with one id that are read; an id with more comes from a machine that reuses it. */
const MAX_CARRIERS = 100;

/** The messages with this Message-Id, newest first, without those of the mail itself. */
export async function carriersOf(models: Models, row: InboundEmailRow, id: string): Promise<MessageRow[]> {
  // Stand-in: docs/decisions/stand-in-database.md. Filtered and sorted here, because the stand-in is slow
  // unless a query has exactly the index's fields.
  const carriers = await collectionOf(models.Message)
    .find({ workspace_id: row.workspace_id as string, message_id: id })
    .project<MessageRow>(withoutBodies)
    .limit(MAX_CARRIERS)
    .toArray();
  return carriers
    .filter((message) => message.inbound_email_id !== row._id)
    .sort((a, b) => b.created_at.getTime() - a.created_at.getTime());
}

/** Threading does not need bodies, which have up to 4 MB. */
export const withoutBodies = { text: 0, html: 0, headers: 0 } as const;

/** Whether two different mails have this id (contact forms reuse them): then no mail is threaded by it. */
export async function isReused(models: Models, carriers: MessageRow[]): Promise<boolean> {
  if (carriers.length < 2) return false;
  const complete = await models.Message.find({ _id: { $in: carriers.map((carrier) => carrier._id) } })
    .select({ headers: 0 })
    .lean<MessageRow[]>();
  const [first, ...others] = complete.map(comparable);
  return first !== undefined && others.some((other) => !isSameMail(first, other));
}

/**
 * Whether mail to this address may join the message's thread. An unreceivable address accepts only answers to
 * our messages.
 */
function counts(message: MessageRow, target: Target): boolean {
  if (target.unreceivable !== null && message.direction !== 'outbound') return false;
  if (isClosed(message.audience) ? message.audience === target.audience : !isClosed(target.audience))
    return true;
  return wasSentFrom(message, target);
}

function wasSentFrom(message: MessageRow, target: Target): boolean {
  return message.direction === 'outbound' && message.sending_email === target.address;
}
