import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { SYSTEM, type Actor } from '../../infra/models/history.ts';
import type { ThreadRow, TicketRow } from '../../infra/models/thread.ts';
import { contactNow } from './contacts.ts';
import { markMerged } from './mergeThreads.ts';
import { newLastChange } from './lastChange.ts';
import { moveMessages } from './moveMessages.ts';
import { insertTicket, newThreadRow } from './newThreadRow.ts';
import { threadsOf } from './threads.ts';
import { wordsOf } from './searchWords.ts';
import { summarise } from './summary.ts';

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
    const inTicket = { workspace_id, thread_id: ticket._id, audience: ticket.audience };
    const message = await messages.findOne({ ...inTicket, _id: messageId }, { session });
    const other = await messages.findOne(
      { ...inTicket, _id: { $ne: messageId } },
      { session, projection: { _id: 1 } },
    );
    if (!message || !other) return null;
    const opening = {
      ...message,
      thread_id: id,
      contact_id: message.contact_id ?? ticket.contact_id,
      workspace_email_id: message.workspace_email_id ?? ticket.workspace_email_id,
      opens: true,
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
      { _id: messageId, thread_id: id },
      { $set: { opens: true } },
      { session },
    );
    if (moved.matchedCount === 0) throw new Error('the message of a new ticket is not there');
    await moveClaims(models, message, ticket._id, id, session);
    await collectionOf(models.Ticket).updateOne(
      { _id: ticket._id, workspace_id },
      {
        $set: {
          updated_at: new Date(),
          last_change: newLastChange(ticket, actor, [{ action: 'moved', from: ticket._id, to: id }]),
          words: await remainingWords(models, ticket, session),
        },
        $inc: { changes: 1 },
      },
      { session },
    );
    for (const _id of [id, ticket._id]) await summarise(models, 'ticket', { workspace_id, _id }, session);
    return collectionOf(models.Ticket).findOne({ _id: id, workspace_id }, { session });
  });
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
    { $set: { thread_id: to } },
    { session },
  );
}

async function remainingWords(
  models: Models,
  ticket: ThreadRow,
  session: mongo.ClientSession,
): Promise<string[]> {
  const left = await collectionOf(models.Message)
    .find(
      { workspace_id: ticket.workspace_id, thread_id: ticket._id, audience: ticket.audience },
      { session },
    )
    .project<Pick<MessageRow, 'subject' | 'text'>>({ subject: 1, text: 1 })
    .sort({ created_at: -1, _id: -1 })
    .limit(REINDEXED_MESSAGES)
    .toArray();
  const number = String((ticket as TicketRow).number);
  const words = left.flatMap(({ subject, text }) => wordsOf(subject, text));
  return [...new Set([number, ...wordsOf(ticket.subject), ...words])];
}

/**
 * Turns a conversation into a ticket, in one transaction: every member sees its messages, files and contacts.
 * The row of the conversation stays and names the ticket.
 * @param id of the ticket
 * @param workspace_email_id the address that replies in the ticket are sent from
 * @returns null when the conversation was moved or merged meanwhile
 */
export async function moveToTicket(
  models: Models,
  id: string,
  { _id, workspace_id }: ThreadRow,
  workspace_email_id: string,
  actor: Actor = SYSTEM,
): Promise<TicketRow | null> {
  const conversations = collectionOf(threadsOf(models, 'conversation'));
  const place = { kind: 'ticket', id, audience: 'tickets' } as const;
  const result = await models.connection.transaction(async (session) => {
    const row = await conversations.findOne(
      { _id, workspace_id, merged_into: { $exists: false }, deleted_at: { $exists: false } },
      { session },
    );
    if (!row) return null;
    const at = new Date();
    const thread: ThreadRow & { owner_id?: unknown } = {
      ...row,
      _id: id,
      audience: 'tickets',
      workspace_email_id,
      updated_at: at,
      changes: 0,
      last_change: newLastChange({ changes: 0 }, actor, [{ action: 'moved', from: _id, to: id }]),
    };
    delete thread.owner_id;
    await insertTicket(models, thread, session);
    await markMerged(models, row, place, at, session);
    await moveMessages(
      models,
      workspace_id,
      { kind: 'conversation', id: _id, audience: row.audience },
      place,
      { session },
    );
    await collectionOf(models.Contact).updateOne(
      { _id: row.contact_id, workspace_id },
      { $addToSet: { audiences: 'tickets' } },
      { session },
    );
    const ticket = await collectionOf(models.Ticket).findOne({ _id: id }, { session });
    return { row, ticket };
  });
  if (!result) return null;
  // As after a merge: messages that were stored meanwhile (mergeThreads.ts).
  const from = { kind: 'conversation', id: _id, audience: result.row.audience } as const;
  await moveMessages(models, workspace_id, from, place);
  await summarise(models, 'ticket', { workspace_id, _id: id });
  return result.ticket;
}
