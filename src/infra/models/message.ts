import type { Address } from '../../mail/addresses.ts';
import { outboundSchema, type MessageState, type Outbound } from './outbound.ts';
import { address, nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** A mail in or out, or an internal note, on one ticket or conversation. */
export interface MessageRow {
  /**
   * Inbound: hash of workspace, audience, Message-Id and Date (mail/sameMail.ts): one message per mail and
   * audience.
   */
  _id: string;
  workspace_id: string;
  audience: string;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  direction: 'inbound' | 'outbound' | 'note';
  state: MessageState;
  from: Address;
  /** The real sender where a forwarder or list rewrote From; else the same as `from`. */
  sender: Address;
  reply_to: Address[];
  to: Address[];
  cc: Address[];
  /** Inbound: the resolved workspace email, never the forwarding address. */
  to_email: string | null;
  workspace_email_id: string | null;
  /**
   * Outbound: the workspace email it is sent as; null until the agent's choice or `resolveSendingEmail` names
   * one.
   */
  sending_email: string | null;
  subject: string;
  text: string;
  /** Sanitised; inline images as placeholders (mail/html.ts). */
  html: string | null;
  /** What was cut because it was over a cap; the whole is in the raw mail. */
  cut: string[];
  headers: [string, string][];
  /** With angle brackets; null when the mail had none. */
  message_id: string | null;
  in_reply_to: string | null;
  references: string[];
  /** Ids (with brackets) that this message names as forebears: In-Reply-To and References, newest 30. */
  names: string[];
  /** Normalised addresses of sender, Reply-To, To and Cc: who takes part through this message. */
  people: string[];
  /** False = marked: its sender was no part of the thread, or failed SPF and DKIM. */
  sender_known: boolean;
  /** It opened its thread. */
  opens: boolean;
  auto_reply: boolean;
  /** List mail; the provider's filter calls it spam. Recorded, never dropped. */
  list_mail: boolean;
  spam: boolean;
  /** Date header. */
  sent_at: Date | null;
  contact_id: string | null;
  inbound_email_id: string | null;
  /** The mail's files as posted: part of what makes it the same mail (mail/sameMail.ts). */
  files: { filename: string; size: number | null }[];
  /**
   * Each copy of the mail that came, the first included, with the workspace emails that its trace headers
   * name.
   */
  copies: { inbound_email_id: string; traced: string[] }[];
  /** Who of us wrote it: of outbound messages and notes. */
  author_id: string | null;
  /**
   * Hash of the API request that saved it: its Idempotency-Key with another request is refused. Null:
   * inbound.
   */
  request_hash: string | null;
  /** What becomes of an outbound message on its way; null for all others. */
  outbound: Outbound | null;
  created_at: Date;
}

export const messageSchema = rowSchema<MessageRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  thread_kind: requiredString,
  thread_id: requiredString,
  direction: requiredString,
  state: requiredString,
  from: address,
  sender: address,
  reply_to: [address],
  to: [address],
  cc: [address],
  to_email: nullableString,
  workspace_email_id: nullableString,
  sending_email: nullableString,
  subject: text,
  text,
  html: nullableString,
  cut: [String],
  headers: [],
  message_id: nullableString,
  in_reply_to: nullableString,
  references: [String],
  names: [String],
  people: [String],
  sender_known: { type: Boolean, default: true },
  opens: { type: Boolean, default: false },
  auto_reply: { type: Boolean, default: false },
  list_mail: { type: Boolean, default: false },
  spam: { type: Boolean, default: false },
  sent_at: nullableDate,
  contact_id: nullableString,
  inbound_email_id: nullableString,
  files: [{ _id: false, filename: text, size: { type: Number, default: null } }],
  copies: [{ _id: false, inbound_email_id: String, traced: [String] }],
  author_id: nullableString,
  request_hash: nullableString,
  outbound: { type: outboundSchema, default: null },
  created_at: Date,
});
// Read a thread, oldest first. Its messages have its audience; queries say both, so that this is one range.
messageSchema.index({ workspace_id: 1, thread_id: 1, audience: 1, created_at: 1, _id: 1 });
// Find a parent by its id; find children that name an id.
messageSchema.index({ workspace_id: 1, message_id: 1, direction: 1 });
messageSchema.index({ workspace_id: 1, audience: 1, names: 1 });
messageSchema.index({ workspace_id: 1, inbound_email_id: 1 });
// Find the reply that a provider's event is about: events know no workspace, and of Message-Ids only ours are
// unique.
messageSchema.index({ message_id: 1, direction: 1 }, { partialFilterExpression: { direction: 'outbound' } });
// Replies whose run is still to be started (src/sweeps/startReplies.ts), and those that may have lost their
// run.
messageSchema.index(
  { 'outbound.wants_start': 1 },
  { partialFilterExpression: { 'outbound.wants_start': true } },
);
messageSchema.index({ 'outbound.is_open': 1 }, { partialFilterExpression: { 'outbound.is_open': true } });
