import { z } from 'zod';
import type {
  ContactRow,
  ConversationRow,
  MessageRow,
  TicketRow,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { PRIORITIES, THREAD_STATUSES, type ThreadRow } from '../../infra/models/thread.ts';
import { SENDER_REASONS } from '../../infra/models/message.ts';
import { MailAddress, Time } from './schemas.ts';
import { SearchSnippet } from './searchSnippet.ts';
import type { ApiUser } from './visibility.ts';

const fields = {
  subject: z.string(),
  status: z.enum(THREAD_STATUSES),
  contact: z.object({ id: z.string(), email: z.string(), name: z.string() }).nullable(),
  workspace_email: z.object({ id: z.string(), address: z.string() }).nullable(),
  agent_id: z.string().nullable(),
  team_id: z.string().nullable().meta({ description: 'The team that alone sees it; null: none.' }),
  priority: z.enum(PRIORITIES),
  tags: z.array(z.string()),
  spam: z.boolean(),
  snippet: SearchSnippet.nullable().optional().meta({ description: 'Only of a search: where it was found.' }),
  preview: z.string().meta({ description: 'First words of the last message, without quotes.' }),
  last_message: z
    .object({
      id: z.string(),
      direction: z.enum(['inbound', 'outbound', 'note']),
      from: MailAddress.nullable().meta({ description: 'Of mail; null when we wrote the message.' }),
      author_id: z.string().nullable().meta({ description: 'The user who wrote it.' }),
      at: Time,
      sender_reason: z.enum(SENDER_REASONS).nullable().meta({
        description: 'Of mail: its sender took no part in the thread, or may be forged. As in the message.',
      }),
    })
    .nullable(),
  first_contact: z.boolean().meta({ description: 'Nothing of the contact came before this thread.' }),
  message_count: z.int().meta({ description: 'Without cancelled ones.' }),
  has_attachments: z.boolean(),
  waiting_since: Time.nullable().meta({
    description: 'Arrival of the first mail that nobody has answered; null when none waits.',
  }),
  unread: z.boolean().meta({ description: 'For the user who asks.' }),
  followed: z.boolean().meta({ description: 'By the user who asks.' }),
  snoozed_until: Time.nullable(),
  trouble: z
    .enum(['failed', 'unconfirmed'])
    .nullable()
    .meta({ description: 'The worst state of the messages that we sent.' }),
  scheduled_at: Time.nullable().meta({ description: 'When the next scheduled message is sent.' }),
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
    kind: z.literal('ticket'),
    number: z.int().meta({ description: '1, 2, 3 … in the workspace.' }),
    ...fields,
  })
  .meta({ id: 'Ticket' });
export const Conversation = z
  .object({
    id: z.string(),
    kind: z.literal('conversation'),
    owner_id: z
      .string()
      .nullable()
      .meta({ description: 'The only user who may see it; null: it is shared.' }),
    ...fields,
  })
  .meta({ id: 'Conversation' });

export const threadSchemas = { ticket: Ticket, conversation: Conversation };
export type PresentedThread<Kind extends MessageRow['thread_kind']> = z.input<(typeof threadSchemas)[Kind]>;

/** What the messages of a thread say together (showThreads counts them). */
export interface MessageFacts {
  count: number;
  trouble: 'failed' | 'unconfirmed' | null;
  scheduled_at: Date | null;
}
const NO_MESSAGES: MessageFacts = { count: 0, trouble: null, scheduled_at: null };

/** The user who asks, and the rows that threads refer to, by id. */
export interface ThreadParts {
  user: Pick<ApiUser, 'userId'>;
  /** By the thread's id. */
  messages: ReadonlyMap<string, MessageFacts>;
  contacts: ReadonlyMap<string, ContactRow>;
  workspaceEmails: ReadonlyMap<string, WorkspaceEmailRow>;
}

export function presentTicket(row: TicketRow, parts: ThreadParts): z.input<typeof Ticket> {
  return { id: row._id, kind: 'ticket', number: row.number, ...common(row, parts) };
}

export function presentConversation(row: ConversationRow, parts: ThreadParts): z.input<typeof Conversation> {
  return { id: row._id, kind: 'conversation', owner_id: row.owner_id, ...common(row, parts) };
}

function common(row: ThreadRow, { user, messages, contacts, workspaceEmails }: ThreadParts) {
  const facts = messages.get(row._id) ?? NO_MESSAGES;
  const contact = contacts.get(row.contact_id);
  const email = workspaceEmails.get(row.workspace_email_id);
  return {
    subject: row.subject,
    status: row.status,
    contact: contact ? { id: contact._id, email: contact.email, name: contact.name } : null,
    workspace_email: email ? { id: email._id, address: email.address } : null,
    agent_id: row.agent_id,
    team_id: row.audience.startsWith('team:') ? row.audience.slice('team:'.length) : null,
    priority: row.priority,
    tags: row.tags,
    spam: row.spam,
    preview: row.preview,
    last_message: presentLast(row.last_message),
    first_contact: contact !== undefined && contact.created_at >= row.created_at,
    message_count: facts.count,
    has_attachments: row.has_attachments,
    waiting_since: row.waiting_since,
    unread: !row.read_by.includes(user.userId),
    followed: row.followers.includes(user.userId),
    snoozed_until: row.snoozed_until,
    trouble: facts.trouble,
    scheduled_at: facts.scheduled_at,
    closed_at: row.closed_at,
    last_message_at: row.last_message_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    deleted_at: row.deleted_at ?? null,
    merged_into: row.merged_into ?? null,
    merged_kind: row.merged_kind ?? null,
  };
}

function presentLast(last: ThreadRow['last_message']) {
  if (last === null) return null;
  const { id, direction, from, author_id, at, sender_reason } = last;
  return {
    id,
    direction,
    from: direction === 'inbound' ? from : null,
    author_id,
    at,
    sender_reason: sender_reason ?? null,
  };
}
