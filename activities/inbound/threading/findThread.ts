import { normaliseAddress } from '../../../src/mail/addresses.ts';
import { missingParents } from '../../../src/mail/messageIds.ts';
import { collectionOf, type InboundEmailRow, type Models } from '../../../src/infra/models/index.ts';
import type { Route, Target } from '../../../src/infra/models/inboundEmail.ts';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
import type { Audience } from '../../../src/infra/models/workspaceEmail.ts';
import { hashOf } from '../../../src/lib/ids.ts';
import { threadIdFor } from '../../../src/core/threads/newThreadRow.ts';
import { peopleOf, takesPart } from '../../../src/core/threads/people.ts';
import { messageKey } from '../messageKey.ts';
import { namingOf } from '../naming.ts';
import { claim, moveClaims, personHash, whereItLeads, type Claimer } from './claims.ts';
import { CARRIER_FIELDS, carriersOf, findParent, isReused, type Carrier, type ThreadRef } from './matches.ts';

/**
 * Where a mail goes for one of its targets: threading first, then purpose. Null: an unreceivable address, new
 * mail.
 */
export async function findThread(
  models: Models,
  row: InboundEmailRow,
  target: Target,
): Promise<Route | null> {
  const search = newSearch(models, row, target);
  const parent = await findParent(models, row, target);
  const thread = parent ? refOf(parent) : target.unreceivable === null ? await search.newOrShared() : null;
  if (!thread) return null;
  if (parent) await search.claimOwnId(thread);

  const opens = thread.thread_id === search.own.thread_id;
  return {
    ...target,
    thread_kind: thread.thread_kind,
    thread_id: thread.thread_id,
    lands_in: thread.audience as Audience,
    opens,
    sender_known: (row.sender?.proved ?? false) && (opens || (await search.senderTakesPart(thread))),
  };
}

function refOf(message: Carrier): ThreadRef {
  return { thread_kind: message.thread_kind, thread_id: message.thread_id, audience: message.audience };
}

/**
 * The search for a thread when the message that the mail answers has not arrived yet: among mails that name
 * the same ids.
 */
function newSearch(models: Models, row: InboundEmailRow, target: Target) {
  const mail = row.mail as StoredMail;
  const workspaceId = row.workspace_id as string;
  const senderAddress = normaliseAddress(row.sender?.email ?? '') ?? '';
  const people = peopleOf(namingOf(row)).map((address) => personHash(workspaceId, address));
  const own: ThreadRef = {
    thread_kind: target.opens_kind ?? (target.audience === 'tickets' ? 'ticket' : 'conversation'),
    // Contains the sender: a mail that reuses the id and Date of another one must not claim that one's
    // thread.
    thread_id: threadIdFor(hashOf(messageKey(row, target.audience), senderAddress)),
    audience: target.audience,
  };
  const claimer: Claimer = { models, row, ownThreadId: own.thread_id, people };

  /**
   * Whether the sender takes part: by a stored message, or by the claim of an opening mail that is being
   * stored now.
   */
  async function senderTakesPart(thread: ThreadRef): Promise<boolean> {
    if (await takesPart(models, workspaceId, thread, senderAddress)) return true;
    const claims = await collectionOf(models.ThreadId)
      .find({
        workspace_id: workspaceId,
        thread_id: thread.thread_id,
        people: personHash(workspaceId, senderAddress),
      })
      .toArray();
    for (const claimed of claims.filter((other) => other.inbound_email_id !== row._id)) {
      const held = await whereItLeads(models, claimed, thread.audience);
      if (held?.thread_id === thread.thread_id) return true;
    }
    return false;
  }

  /** Another thread in this audience that has a mail naming `id`, and in which the sender takes part. */
  async function threadNaming(id: string): Promise<ThreadRef | null> {
    const naming = await collectionOf(models.Message)
      .find({ workspace_id: workspaceId, audience: target.audience, names: id })
      .project<Carrier>(CARRIER_FIELDS)
      .sort({ created_at: 1 })
      .limit(50)
      .toArray();
    const others = naming.filter(
      (message) => message.inbound_email_id !== row._id && message.thread_id !== own.thread_id,
    );
    const threads = new Map(others.map((message) => [message.thread_id, refOf(message)]));
    for (const thread of threads.values()) if (await senderTakesPart(thread)) return thread;
    return null;
  }

  /** The parent has not arrived: joins the mails that wait for the same parent, or is the first to wait. */
  async function besideSiblings(parentId: string): Promise<ThreadRef | null> {
    if (await isReused(models, await carriersOf(models, row, parentId))) return null;
    const sibling = await claim(
      claimer,
      parentId,
      own,
      'parent',
      // Claimed as `own`: the parent is being stored at this moment, and this mail is an ordinary answer to
      // it.
      async (thread, claimedAs) => claimedAs === 'own' || senderTakesPart(thread),
    );
    return sibling ?? threadNaming(parentId);
  }

  /** Joins answers that arrived before this mail, unless a second mail has its id. Else it opens a thread. */
  async function besideAnswers(messageId: string): Promise<ThreadRef | null> {
    const waiting = await claim(
      claimer,
      messageId,
      own,
      'own',
      async (thread, claimedAs) => claimedAs === 'parent' && senderTakesPart(thread),
    );
    const [carriers, naming] = await Promise.all([
      carriersOf(models, row, messageId),
      waiting ?? threadNaming(messageId),
    ]);
    return carriers.some((carrier) => carrier.audience === target.audience) ? null : naming;
  }

  /** Claims the mail's own id, so that answers that arrive at this moment find the thread. */
  async function claimOwnId(thread: ThreadRef): Promise<void> {
    if (mail.message_id !== null) await claim(claimer, mail.message_id, thread, 'own', async () => false);
  }

  async function newOrShared(): Promise<ThreadRef> {
    let shared: ThreadRef | null = null;
    for (const parentId of missingParents(mail)) shared ??= await besideSiblings(parentId);
    if (!shared && mail.message_id !== null) shared = await besideAnswers(mail.message_id);
    if (!shared) return own;
    const thread = (await moveClaims(claimer, shared)) ? shared : own;
    await claimOwnId(thread);
    return thread;
  }

  return { own, newOrShared, claimOwnId, senderTakesPart };
}
