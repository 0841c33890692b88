import { collectionOf, type Models } from '../../infra/models/index.ts';
import { SYSTEM, type Actor } from '../../infra/models/history.ts';
import type { ThreadRow, TicketRow } from '../../infra/models/thread.ts';
import { newLastChange } from './lastChange.ts';
import { markMerged } from './mergeThreads.ts';
import { moveMessages } from './moveMessages.ts';
import { insertTicket } from './newThreadRow.ts';
import { summarise } from './summary.ts';
import { threadsOf } from './threads.ts';

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
  const result = await models.connection.transaction(async (session) => {
    const row = await conversations.findOne(
      { _id, workspace_id, merged_into: { $exists: false }, deleted_at: { $exists: false } },
      { session },
    );
    if (!row) return null;
    // What is a team's stays the team's.
    const audience = row.audience.startsWith('team:') ? row.audience : 'tickets';
    const place = { kind: 'ticket', id, audience } as const;
    const at = new Date();
    const thread: ThreadRow & { owner_id?: unknown } = {
      ...row,
      _id: id,
      audience,
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
      { session, isWholeThread: true },
    );
    await collectionOf(models.Contact).updateOne(
      { _id: row.contact_id, workspace_id },
      { $addToSet: { audiences: audience } },
      { session },
    );
    const ticket = await collectionOf(models.Ticket).findOne({ _id: id, workspace_id }, { session });
    return { row, ticket, place };
  });
  if (!result) return null;
  // As after a merge: messages that were stored meanwhile (mergeThreads.ts).
  const from = { kind: 'conversation', id: _id, audience: result.row.audience } as const;
  await moveMessages(models, workspace_id, from, result.place);
  await summarise(models, 'ticket', { workspace_id, _id: id });
  return result.ticket;
}
