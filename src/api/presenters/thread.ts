import type { ContactRow, ConversationRow, TicketRow, WorkspaceEmailRow } from '../../models/index.ts';
import type { ThreadRow } from '../../models/thread.ts';

/** Rows that a thread names, by id. */
export interface ThreadParts {
  contacts: ReadonlyMap<string, ContactRow>;
  workspaceEmails: ReadonlyMap<string, WorkspaceEmailRow>;
}

export function presentTicket(row: TicketRow, parts: ThreadParts) {
  return { id: row._id, number: row.number, ...common(row, parts) };
}

export function presentConversation(row: ConversationRow, parts: ThreadParts) {
  return { id: row._id, owner_id: row.owner_id, ...common(row, parts) };
}

function common(row: ThreadRow, { contacts, workspaceEmails }: ThreadParts) {
  const contact = contacts.get(row.contact_id);
  const email = workspaceEmails.get(row.workspace_email_id);
  return {
    subject: row.subject,
    status: row.status,
    contact: contact ? { id: contact._id, email: contact.email, name: contact.name } : null,
    workspace_email: email ? { id: email._id, address: email.address } : null,
    agent_id: row.agent_id,
    priority: row.priority ?? 'normal',
    tags: row.tags ?? [],
    spam: row.spam ?? false,
    closed_at: row.closed_at,
    last_message_at: row.last_message_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    deleted_at: row.deleted_at ?? null,
  };
}
