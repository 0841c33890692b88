import { z } from 'zod';
import type {
  ContactRow,
  ConversationRow,
  MessageRow,
  TicketRow,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { PRIORITIES, THREAD_STATUSES, type ThreadRow } from '../../infra/models/thread.ts';
import { Time } from './schemas.ts';

const fields = {
  subject: z.string(),
  status: z.enum(THREAD_STATUSES),
  contact: z.object({ id: z.string(), email: z.string(), name: z.string() }).nullable(),
  workspace_email: z.object({ id: z.string(), address: z.string() }).nullable(),
  agent_id: z.string().nullable(),
  priority: z.enum(PRIORITIES),
  tags: z.array(z.string()),
  spam: z.boolean(),
  closed_at: Time.nullable(),
  last_message_at: Time,
  created_at: Time,
  updated_at: Time,
  deleted_at: Time.nullable().meta({ description: 'When it was moved to the trash.' }),
  merged_into: z.string().nullable().meta({
    description: 'The thread that has its messages since it was merged or moved; only in webhooks.',
  }),
  merged_kind: z
    .enum(['ticket', 'conversation'])
    .nullable()
    .meta({ description: 'The kind of `merged_into`.' }),
};
export const Ticket = z
  .object({
    id: z.string(),
    number: z.int().meta({ description: '1, 2, 3 … in the workspace.' }),
    ...fields,
  })
  .meta({ id: 'Ticket' });
export const Conversation = z
  .object({
    id: z.string(),
    owner_id: z
      .string()
      .nullable()
      .meta({ description: 'The only user who may see it; null: it is shared.' }),
    ...fields,
  })
  .meta({ id: 'Conversation' });

export const threadSchemas = { ticket: Ticket, conversation: Conversation };
export type PresentedThread<Kind extends MessageRow['thread_kind']> = z.input<(typeof threadSchemas)[Kind]>;

/** The rows that threads refer to, by id. */
export interface ThreadParts {
  contacts: ReadonlyMap<string, ContactRow>;
  workspaceEmails: ReadonlyMap<string, WorkspaceEmailRow>;
}

export function presentTicket(row: TicketRow, parts: ThreadParts): z.input<typeof Ticket> {
  return { id: row._id, number: row.number, ...common(row, parts) };
}

export function presentConversation(row: ConversationRow, parts: ThreadParts): z.input<typeof Conversation> {
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
    priority: row.priority,
    tags: row.tags,
    spam: row.spam,
    closed_at: row.closed_at,
    last_message_at: row.last_message_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    deleted_at: row.deleted_at ?? null,
    merged_into: row.merged_into ?? null,
    merged_kind: row.merged_kind ?? null,
  };
}
