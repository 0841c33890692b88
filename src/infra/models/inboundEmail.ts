import type { Address } from '../../mail/addresses.ts';
import type { MailVerdict } from '../../mail/authentication.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';
import type { Audience } from './workspaceEmail.ts';

export const INBOUND_STATES = ['received', 'held', 'routed', 'skipped', 'failed'] as const;

/** Why a mail is held that names a personal or team address, but is not traced to it. */
export const UNTRACED = 'untraced copy';

/** One post for one recipient, and its progress. */
export interface InboundEmailRow {
  /**
   * Hash of recipient and content; the workflow id is `inbound/<_id>`, later runs `inbound/<_id>/again/<n>`.
   */
  _id: string;
  /** Null = of no workspace: only the operator sees it. */
  workspace_id: string | null;
  /** Audiences that the mail was for; an API user who belongs to one of them sees the row. */
  audiences: string[];
  provider: string;
  recipient: string;
  /**
   * Storage key of the payload's JSON: below `<provider>-incoming/`, or `<provider>-skipped/` once skipped.
   */
  key: string;
  /**
   * The payload that `key` is a copy of is still below `<provider>-incoming/`: src/sweeps/deleteOriginals.ts.
   * Missing: it is not.
   */
  original_left?: boolean;
  state: (typeof INBOUND_STATES)[number];
  reason: string | null;
  /** Since when a received mail's run has failed again and again. Of a mail in another state it means nothing. */
  stuck_since: Date | null;
  /**
   * Number of the workflow run. States move forward within one run; a step of an older run writes nothing.
   */
  run: number;
  /**
   * Null: in the archive; `going`: retention is about to delete it, so it cannot run again; `gone`: deleted.
   */
  raw: 'going' | 'gone' | null;
  raw_deleted_at: Date | null;
  /** Ids of posts that repeated this one: the first hundred (the others: repeat.ts). */
  repeats: string[];
  /** The parsed mail; null until `archiveEmail` has read it. */
  mail: StoredMail | null;
  /** Workspace emails that this mail is for, one per audience. `resolveForwarding` sets them once per run. */
  targets: Target[];
  /** Workspace emails whose proof a held mail waits for. */
  held_for: string[];
  /**
   * Audiences for which somebody who belongs to them has accepted a copy that is not traced to them. Missing: none.
   */
  released_for?: string[];
  /** The original sender, and the verdict on From. `resolveForwarding` sets it once per run. */
  sender: (Address & { proved: boolean; verdict?: MailVerdict }) | null;
  /** Set by `classifyEmail`, with the next two. */
  auto_reply: boolean;
  list_mail: boolean;
  spam: boolean;
  /** The outbound message that a bounce is about. */
  about_message_id: string | null;
  /** The rules of `classifyEmail` that matched. */
  classified_by: string | null;
  /** Where the mail goes, one per audience. `routeEmail` sets them once per run. */
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
  /**
   * Why the address receives no new mail: then only an answer to one of our messages is accepted. Null = it
   * receives.
   */
  unreceivable: string | null;
  /** What new mail to it opens. Left out: a ticket where the audience is `tickets`. */
  opens_kind?: 'ticket' | 'conversation';
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
  original_left: Boolean,
  state: requiredString,
  reason: nullableString,
  stuck_since: nullableDate,
  run: { type: Number, required: true },
  raw: nullableString,
  raw_deleted_at: nullableDate,
  repeats: [String],
  mail: { type: Object, default: null },
  targets: { type: [Object], default: [] },
  held_for: { type: [String], default: [] },
  released_for: { type: [String], default: undefined },
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
// Held mail, by the address whose proof it waits for.
inboundEmailSchema.index({ state: 1, held_for: 1 });
// The operator's lists, and rows that did not become final.
inboundEmailSchema.index({ state: 1, created_at: -1, _id: -1 });
// Rows whose raw mail has been kept long enough, or is being deleted.
inboundEmailSchema.index({ state: 1, raw: 1, created_at: 1, _id: 1 });
inboundEmailSchema.index(
  { original_left: 1, updated_at: 1, _id: 1 },
  { partialFilterExpression: { original_left: true } },
);
