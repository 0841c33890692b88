import type { Address } from '../../mail/addresses.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';
import type { Audience } from './workspaceEmail.ts';

export const INBOUND_STATES = ['received', 'held', 'routed', 'skipped', 'failed'] as const;

/** One post for one recipient, and what became of it. */
export interface InboundEmailRow {
  /** Hash of recipient and content; the workflow id is `inbound/<_id>`, later runs `inbound/<_id>/again/<n>`. */
  _id: string;
  /** Null = of no workspace: the operator's alone. */
  workspace_id: string | null;
  /** Audiences that it was for; an API user sees the row when one of them is theirs. */
  audiences: string[];
  provider: string;
  recipient: string;
  /** Storage key of the payload's JSON: below `<provider>-incoming/`, or `<provider>-skipped/` once skipped. */
  key: string;
  state: (typeof INBOUND_STATES)[number];
  reason: string | null;
  /** States move forward within one run; a step of an older run writes nothing. */
  run: number;
  /** Missing = in the archive; `going`: marked by retention, not run again; `gone`: deleted. */
  raw?: 'going' | 'gone' | null;
  raw_deleted_at?: Date | null;
  /** Ids of posts that repeated this one. */
  repeats: string[];
  /** The parsed mail; null until `archiveEmail` has read it. */
  mail: StoredMail | null;
  /** Workspace emails that this mail is for, one an audience. Set once a run by `resolveForwarding`. */
  targets: Target[];
  /** Workspace emails whose proof a held mail waits for; rows written before lack it. */
  held_for?: string[];
  /** Who wrote it. Set once a run by `resolveForwarding`. */
  sender: (Address & { proved: boolean }) | null;
  auto_reply: boolean;
  /** Set by `classifyEmail`; rows written before there were lists and spam lack them. */
  list_mail?: boolean;
  spam?: boolean;
  /** The message of ours that a bounce is about; rows written before there were bounces lack it. */
  about_message_id?: string | null;
  /** The rules of `classifyEmail` that fired. */
  classified_by: string | null;
  /** Where it goes, one an audience. Set once a run by `routeEmail`. */
  routes: Route[] | null;
  message_ids: string[];
  ticket_id: string | null;
  conversation_id: string | null;
  received_at: Date;
  created_at: Date;
  updated_at: Date;
  routed_at: Date | null;
}

export interface Target {
  workspace_email_id: string;
  address: string;
  audience: Audience;
  /** Workspace emails named by this copy's trace headers (only through a forwarding address). */
  traced: string[];
  /** Why the address receives no new mail; then only an answer to a message of ours gets through. Null = it receives. */
  unreceivable: string | null;
}

export interface Route extends Target {
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  /** The audience of the thread, where the message lands. */
  lands_in: Audience;
  /** The mail opens this thread. */
  opens: boolean;
  sender_known: boolean;
}

export const inboundEmailSchema = rowSchema<InboundEmailRow>({
  _id: String,
  workspace_id: nullableString,
  audiences: [String],
  provider: requiredString,
  recipient: text,
  key: requiredString,
  state: requiredString,
  reason: nullableString,
  run: { type: Number, required: true },
  raw: nullableString,
  raw_deleted_at: nullableDate,
  repeats: [String],
  mail: { type: Object, default: null },
  targets: { type: [Object], default: [] },
  held_for: { type: [String], default: [] },
  sender: { type: Object, default: null },
  auto_reply: { type: Boolean, default: false },
  list_mail: { type: Boolean, default: false },
  spam: { type: Boolean, default: false },
  about_message_id: nullableString,
  classified_by: nullableString,
  routes: { type: [Object], default: null },
  message_ids: [String],
  ticket_id: nullableString,
  conversation_id: nullableString,
  received_at: Date,
  created_at: Date,
  updated_at: Date,
  routed_at: nullableDate,
});
inboundEmailSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
inboundEmailSchema.index({ workspace_id: 1, state: 1, created_at: -1, _id: -1 });
// Held mail, by what it waits for.
inboundEmailSchema.index({ state: 1, held_for: 1 });
// The operator's lists, and rows that never became final.
inboundEmailSchema.index({ state: 1, created_at: -1, _id: -1 });
// Whose raw has been kept long enough, and whose is being deleted.
inboundEmailSchema.index({ state: 1, raw: 1, created_at: 1, _id: 1 });
