import { Schema } from 'mongoose';
import type { Address } from '../../mail/addresses.ts';
import { lastChangeSchema, type LastChange } from './history.ts';
import type { MessageRow, SenderReason } from './message.ts';
import { address, nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

export const THREAD_STATUSES = ['open', 'pending', 'closed'] as const;
export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;

/** What a list shows of a thread's messages (core/threads/summary.ts). */
export interface ThreadSummary {
  /** First words of the last message, without quotes. */
  preview: string;
  /** The newest message that was not cancelled; null before the first one is applied. */
  last_message: {
    id: string;
    direction: MessageRow['direction'];
    from: Address;
    author_id: string | null;
    at: Date;
    /** Why its sender may be somebody else. */
    sender_reason: SenderReason | null;
  } | null;
  /** A message has a file that its HTML does not show. */
  has_attachments: boolean;
  /** Arrival of the first mail of a person that nobody has answered. */
  waiting_since: Date | null;
  /** When the newest outbound message that was not cancelled was written: it answers all earlier mail. */
  answered_at: Date | null;
}

/** The fields that tickets and conversations share. */
export interface ThreadRow extends ThreadSummary {
  _id: string;
  workspace_id: string;
  audience: string;
  subject: string;
  status: (typeof THREAD_STATUSES)[number];
  contact_id: string;
  /** The workspace email that the opening mail was for. */
  workspace_email_id: string;
  agent_id: string | null;
  /**
   * Rows from before 0002-bounded-reads only: who takes part. The messages say it themselves now (`people`
   * there); the next message removes the field.
   */
  people?: string[];
  closed_at: Date | null;
  /** Arrival of the newest message. */
  last_message_at: Date;
  created_at: Date;
  /** When a shown field last changed, by our clock: later than the arrival of the mail that changed it. */
  updated_at: Date;
  /** Raised with every change of a shown field: compare and set, and the ETag. */
  changes: number;
  priority: (typeof PRIORITIES)[number];
  /** Position of `priority` in `PRIORITIES`, to sort by. */
  priority_rank: number;
  /** When it was last closed: mail that came before needs no answer any more. Stays when it is opened. */
  settled_at: Date | null;
  /** When the newest mail was stored (`stored_at` of the message). */
  news_at: Date | null;
  /** Users who have read it since then. */
  read_by: string[];
  /** Until when open lists leave it out; null = they show it. */
  snoozed_until: Date | null;
  snoozed_by: string | null;
  /** What the last change by somebody did; null before the first. */
  last_change: LastChange | null;
  /** Who wrote what last opened or restored it: `contact:<id>` or `user:<id>`; null: nobody did. */
  reopened_by: string | null;
  /** Users who want to be notified of what happens in it. */
  followers: string[];
  /** Normalised (core/threads/tags.ts). */
  tags: string[];
  /** Words of its subject and messages for the search (mail/searchWords.ts). */
  words: string[];
  spam: boolean;
  /**
   * Why lists leave the thread out; null = they show it. Derived from other fields, so that a list is one
   * index range.
   */
  hidden: 'spam' | 'trash' | 'merged' | null;
  /** When it was moved to the trash. Missing unless it is there, because the index below needs that. */
  deleted_at?: Date;
  /**
   * The thread that has its messages now. All three are missing unless it was merged, for the same reason.
   */
  merged_into?: string;
  merged_kind?: 'ticket' | 'conversation';
  merged_at?: Date;
  /**
   * Raised by each reply that is stored after a check of the thread, so that of two concurrent ones the later
   * is retried and sees the earlier (core/replies/answeredMeanwhile.ts).
   */
  checked_replies?: number;
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
  people: { type: [String], default: undefined },
  closed_at: nullableDate,
  last_message_at: Date,
  created_at: Date,
  updated_at: Date,
  changes: { type: Number, default: 0 },
  priority: { type: String, default: 'normal' },
  priority_rank: { type: Number, default: PRIORITIES.indexOf('normal') },
  preview: text,
  last_message: {
    type: new Schema(
      {
        id: requiredString,
        direction: requiredString,
        from: address,
        author_id: nullableString,
        at: Date,
        sender_reason: nullableString,
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  has_attachments: { type: Boolean, default: false },
  waiting_since: nullableDate,
  answered_at: nullableDate,
  settled_at: nullableDate,
  news_at: nullableDate,
  read_by: [String],
  snoozed_until: nullableDate,
  snoozed_by: nullableString,
  followers: [String],
  last_change: { type: lastChangeSchema, default: null },
  reopened_by: nullableString,
  tags: [String],
  words: [String],
  spam: { type: Boolean, default: false },
  hidden: nullableString,
  deleted_at: Date,
  merged_into: String,
  merged_kind: String,
  merged_at: Date,
  checked_replies: Number,
} as const;

/** The orders of a list, by the name of their first field (api/threadOrder.ts); then by id. */
const ORDERS = {
  created_at: { created_at: -1, _id: -1 },
  last_message_at: { last_message_at: -1, _id: -1 },
  waiting_since: { waiting_since: -1, _id: -1 },
  priority: { priority_rank: -1, last_message_at: -1, _id: -1 },
} as const;

const ticket = rowSchema<TicketRow>({ ...common, number: Number });
ticket.index({ workspace_id: 1, number: 1 }, { unique: true });
listIndexes(ticket);

const conversation = rowSchema<ConversationRow>({ ...common, owner_id: nullableString });
listIndexes(conversation);

/**
 * For each list, whole and by each of its filters, in each order; and for what the sweeps look for. A list
 * that is not filtered by status asks for every status, so that it needs no index of its own.
 */
function listIndexes(schema: Schema): void {
  const listed = { workspace_id: 1, audience: 1, hidden: 1 } as const;
  for (const order of Object.values(ORDERS)) {
    schema.index({ ...listed, status: 1, ...order });
    // An agent's threads and the unassigned ones are listed without the closed ones, which are nearly all.
    schema.index({ ...listed, agent_id: 1, status: 1, ...order });
  }
  for (const order of [ORDERS.created_at, ORDERS.last_message_at]) {
    schema.index({ ...listed, ...order });
    for (const filter of ['contact_id', 'workspace_email_id', 'tags'])
      schema.index({ ...listed, [filter]: 1, ...order });
  }
  // Few threads are snoozed: they are sorted when they are read.
  schema.index({ ...listed, snoozed_until: 1 });
  schema.index({ ...listed, updated_at: 1 });
  schema.index({ ...listed, words: 1 });
  // A contact's threads, and those merged into a thread, also hidden ones.
  schema.index({ workspace_id: 1, contact_id: 1 });
  // Those whose snooze is over (core/threads/snooze.ts); begins with a field that no list asks for.
  schema.index({ snoozed_by: 1, snoozed_until: 1 });
  for (const [key, field] of [
    [{ workspace_id: 1, merged_into: 1 }, 'merged_into'],
    [{ merged_at: 1 }, 'merged_at'],
    [{ deleted_at: 1, _id: 1 }, 'deleted_at'],
  ] as const)
    schema.index(key, { partialFilterExpression: { [field]: { $exists: true } } });
}

export const threadSchema = { ticket, conversation };
