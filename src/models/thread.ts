import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** What a ticket and a conversation have in common. */
export interface ThreadRow {
  _id: string;
  workspace_id: string;
  audience: string;
  subject: string;
  status: 'open' | 'pending' | 'closed';
  contact_id: string;
  /** The workspace email that the opening mail was for. */
  workspace_email_id: string;
  agent_id: string | null;
  /**
   * Normalised addresses that take part: of the opening mail, of unmarked inbound and of our outbound messages. A set, so
   * that a step that runs twice adds nothing, and asking costs the same however long the thread is.
   */
  people: string[];
  closed_at: Date | null;
  /** Arrival of the newest message. */
  last_message_at: Date;
  created_at: Date;
  updated_at: Date;
}
export interface TicketRow extends ThreadRow {
  /** 1, 2, 3 … in the workspace. */
  number: number;
}
export interface ConversationRow extends ThreadRow {
  /** Personal: its owner is also its agent, and the only one who sees it. Null: shared. */
  owner_id: string | null;
}

const common = {
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  subject: text,
  status: requiredString,
  contact_id: requiredString,
  workspace_email_id: requiredString,
  agent_id: nullableString,
  people: [String],
  closed_at: nullableDate,
  last_message_at: Date,
  created_at: Date,
  updated_at: Date,
} as const;

const ticket = rowSchema<TicketRow>({ ...common, number: Number });
ticket.index({ workspace_id: 1, number: 1 }, { unique: true });
ticket.index({ workspace_id: 1, created_at: -1, _id: -1 });

const conversation = rowSchema<ConversationRow>({ ...common, owner_id: nullableString });
conversation.index({ workspace_id: 1, audience: 1, created_at: -1, _id: -1 });

export const threadSchema = { ticket, conversation };
