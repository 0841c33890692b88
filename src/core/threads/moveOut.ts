import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { SYSTEM, type Actor } from '../../infra/models/history.ts';
import type { ThreadRow, TicketRow } from '../../infra/models/thread.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import { contactNow } from './contacts.ts';
import { settledIn } from './mergeThreads.ts';
import { newLastChange } from './lastChange.ts';
import { moveMessages } from './moveMessages.ts';
import { peopleThrough } from './people.ts';
import { insertTicket, newThreadRow } from './newThreadRow.ts';
import { wordsOf, wordsOfMessage } from '../../mail/searchWords.ts';
import { summarise } from './summary.ts';
import { joinedWords, MAX_THREAD_WORDS } from './words.ts';

/** From how many messages of a thread the words to search it by are collected again. */
const REINDEXED_MESSAGES = 200;

/**
 * Moves a message into a ticket of its own, in one transaction; mail that answers the message goes there.
 * @param id of the new ticket
 * @param ticket that the message is in; its contact and address are used where the message has none
 * @returns null when the message is not in the ticket, or is its only one
 */
export async function moveMessageOut(
  models: Models,
  id: string,
  ticket: ThreadRow,
  messageId: string,
  actor: Actor = SYSTEM,
): Promise<TicketRow | null> {
  const { workspace_id } = ticket;
  return models.connection.transaction(async (session) => {
    const messages = collectionOf(models.Message);
    const message = await messageBesideOthers(models, ticket, messageId, session);
    if (!message) return null;
    const opening = {
      ...message,
      thread_id: id,
      contact_id: message.contact_id ?? ticket.contact_id,
      workspace_email_id: message.workspace_email_id ?? ticket.workspace_email_id,
      ...asOpening(message),
    };
    const contact = await contactNow(models, workspace_id, opening.contact_id, session);
    // An agent creates the ticket to work on it, so it is open even if the contact is blocked.
    const thread = newThreadRow(opening, contact && { ...contact, blocked_at: null }, false);
    const { settled_at, news_at, read_by } = ticket;
    const readAsBefore = { settled_at, news_at, read_by };
    const last_change = newLastChange(thread, actor, [{ action: 'moved', from: ticket._id, to: id }]);
    const row = { ...thread, ...readAsBefore, last_change, created_at: thread.updated_at };
    await insertTicket(models, row, session);
    const place = { kind: 'ticket', audience: ticket.audience } as const;
    await moveMessages(
      models,
      workspace_id,
      { ...place, id: ticket._id },
      { ...place, id },
      { messageId, session },
    );
    const moved = await messages.updateOne(
      { _id: messageId, workspace_id, thread_id: id },
      { $set: asOpening(message) },
      { session },
    );
    if (moved.matchedCount === 0) throw new Error('the message of a new ticket is not there');
    await leave(models, ticket, { message, to: id, actor }, session);
    for (const _id of [id, ticket._id]) await summarise(models, 'ticket', { workspace_id, _id }, session);
    return collectionOf(models.Ticket).findOne({ _id: id, workspace_id }, { session });
  });
}

/**
 * Moves a message into another ticket, in one transaction; mail that answers the message goes there. Who
 * opened the ticket that it was in takes no part in the other by that.
 * @param mayMove called with both rows as the transaction reads them; throws when it may not be moved
 * @returns the other ticket; null when the message is not in the ticket, or is its only one
 */
export async function moveMessageInto(
  models: Models,
  { workspace_id, from, into, messageId, actor }: MessageMove,
  mayMove: (from: ThreadRow | null, into: ThreadRow | null) => asserts from is ThreadRow,
): Promise<ThreadRow | null> {
  const tickets = collectionOf(models.Ticket);
  return models.connection.transaction(async (session) => {
    const findTicket = (_id: string) => tickets.findOne({ _id, workspace_id }, { session });
    const [ticket, other] = [await findTicket(from), await findTicket(into)];
    mayMove(ticket, other);
    const message = await messageBesideOthers(models, ticket, messageId, session);
    if (!message) return null;
    const { audience } = ticket;
    const place = (id: string) => ({ kind: 'ticket', id, audience }) as const;
    await moveMessages(models, workspace_id, place(from), place(into), { messageId, session });
    await leave(models, ticket, { message, to: into, actor }, session);
    await tickets.updateOne(
      { _id: into, workspace_id },
      withMessage(other as ThreadRow, ticket, message, actor),
      { session },
    );
    for (const _id of [into, from]) await summarise(models, 'ticket', { workspace_id, _id }, session);
    return findTicket(into);
  });
}

/** What a message is in the ticket that it opens: everybody whom it names takes part there, its sender too. */
function asOpening(
  message: MessageRow,
): Pick<MessageRow, 'opens' | 'people' | 'sender_known' | 'sender_reason'> {
  const { direction, sender_reason, to, cc } = message;
  if (direction === 'inbound') {
    const isForged = sender_reason === 'unproved';
    const known = { opens: true, sender_known: !isForged, sender_reason: isForged ? sender_reason : null };
    return { ...known, people: peopleThrough({ ...message, ...known }) };
  }
  const bcc = message.outbound?.bcc ?? [];
  const people = [...to, ...cc, ...bcc].map(({ email }) => normaliseAddress(email) ?? email);
  return { opens: true, sender_known: true, sender_reason: null, people };
}

interface MessageMove {
  workspace_id: string;
  from: string;
  into: string;
  messageId: string;
  actor: Actor;
}

function withMessage(
  into: ThreadRow,
  from: ThreadRow,
  message: MessageRow,
  actor: Actor,
): mongo.UpdateFilter<ThreadRow> {
  const { created_at, stored_at, direction } = message;
  const waits = from.waiting_since !== null && created_at >= from.waiting_since;
  return {
    $set: {
      updated_at: new Date(),
      last_change: newLastChange(into, actor, [{ action: 'moved', from: from._id, to: into._id }]),
      words: joinedWords(into.words, wordsOfMessage(message)),
      // A question that waits there waits here.
      ...(waits && { settled_at: settledIn([into, { ...from, waiting_since: created_at }]) }),
      read_by: into.read_by.filter((user) => from.read_by.includes(user)),
    },
    $max: { last_message_at: created_at, ...(direction === 'inbound' && { news_at: stored_at }) },
    $inc: { changes: 1 },
  };
}

/** The message, unless it is the only one of its ticket. */
async function messageBesideOthers(
  models: Models,
  { _id: thread_id, workspace_id, audience }: ThreadRow,
  messageId: string,
  session: mongo.ClientSession,
): Promise<MessageRow | null> {
  const messages = collectionOf(models.Message);
  const inTicket = { workspace_id, thread_id, audience };
  const message = await messages.findOne({ ...inTicket, _id: messageId }, { session });
  const other = await messages.findOne(
    { ...inTicket, _id: { $ne: messageId } },
    { session, projection: { _id: 1 } },
  );
  return other && message;
}

/** What a ticket keeps no longer of a message that was moved out of it. */
async function leave(
  models: Models,
  ticket: ThreadRow,
  { message, to, actor }: { message: MessageRow; to: string; actor: Actor },
  session: mongo.ClientSession,
): Promise<void> {
  await moveClaims(models, message, ticket._id, to, session);
  await collectionOf(models.Ticket).updateOne(
    { _id: ticket._id, workspace_id: ticket.workspace_id },
    {
      $set: {
        updated_at: new Date(),
        last_change: newLastChange(ticket, actor, [{ action: 'moved', from: ticket._id, to }]),
        words: await remainingWords(models, ticket, session),
      },
      $inc: { changes: 1 },
    },
    { session },
  );
}

/** Moves the message ids that the mail claimed for its old thread (infra/models/threadId.ts). */
async function moveClaims(
  models: Models,
  { workspace_id, inbound_email_id, copies }: MessageRow,
  from: string,
  to: string,
  session: mongo.ClientSession,
): Promise<void> {
  const mails = [inbound_email_id, ...copies.map((copy) => copy.inbound_email_id)].filter(
    (id) => id !== null,
  );
  await collectionOf(models.ThreadId).updateMany(
    { workspace_id, thread_id: from, inbound_email_id: { $in: mails } },
    // Its people are those of the stored message now, who may be nobody there.
    { $set: { thread_id: to, people: [] } },
    { session },
  );
}

/** Those of the newest messages. A text is read, of up to 4 MB, only where a message has no words of its own. */
async function remainingWords(
  models: Models,
  ticket: ThreadRow,
  session: mongo.ClientSession,
): Promise<string[]> {
  const messages = collectionOf(models.Message);
  const left = messages
    .find(
      { workspace_id: ticket.workspace_id, thread_id: ticket._id, audience: ticket.audience },
      { session },
    )
    .project<{ _id: string; words?: string[] }>({ words: 1 })
    .sort({ created_at: -1, _id: -1 })
    .limit(REINDEXED_MESSAGES);
  let words = joinedWords([String((ticket as TicketRow).number)], wordsOf(ticket.subject));
  for await (const { _id, words: own = [] } of left) {
    const text = { session, projection: { subject: 1, text: 1 } };
    const message = own.length > 0 ? null : await messages.findOne({ _id }, text);
    words = joinedWords(words, message ? wordsOfMessage(message) : own);
    if (words.length === MAX_THREAD_WORDS) break;
  }
  return words;
}
