import type { Address } from '../../mail/addresses.ts';
import type { Authentication } from '../../mail/authentication.ts';
import { outboundSchema, type Outbound, type OutboundState } from './outbound.ts';
import { address, nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** The sender of a message that has none, or none yet. */
export const NO_ADDRESS: Address = { email: '', name: '' };

/** A mail in or out, or an internal note, on one ticket or conversation. Every row stores all fields. */
export type MessageRow = InboundMessageRow | OutboundMessageRow | NoteRow;

/** A mail that came in. */
export interface InboundMessageRow extends AnyMessage {
  direction: 'inbound';
  state: 'received';
  /** The resolved workspace email, never the forwarding address. */
  to_email: string;
  workspace_email_id: string;
  sending_email: null;
  /** With angle brackets; null when the mail had none. */
  message_id: string | null;
  /** Date header. */
  sent_at: Date | null;
  /** Of the mail (mail/sameMail.ts), to compare it without its bodies. Null: stored before it was kept. */
  fingerprint: string | null;
  contact_id: string;
  inbound_email_id: string;
  /** Null: stored before it was kept. */
  authentication: Authentication | null;
  /** Why `sender_known` is false. */
  sender_reason: SenderReason | null;
  author_id: null;
  request_hash: null;
  outbound: null;
}

/**
 * `stranger`: took no part in the thread. `unproved`: the mail may be forged, since its verdict is `fail` or only
 * its own text names the sender.
 */
export const SENDER_REASONS = ['stranger', 'unproved'] as const;
export type SenderReason = (typeof SENDER_REASONS)[number];

/** A reply, or the message that opens a thread of ours. */
export interface OutboundMessageRow extends AnyMessage, NotReceived {
  direction: 'outbound';
  state: OutboundState;
  /** Where it opens a thread, or once it has a sender (`resolveSendingEmail`). */
  workspace_email_id: string | null;
  /** The workspace email it is sent as; null until the agent or `resolveSendingEmail` has chosen one. */
  sending_email: string | null;
  /** Made by us, with angle brackets. */
  message_id: string;
  /** Where it opens a thread. */
  contact_id: string | null;
  author_id: string;
  /** Hash of the API request that saved it: the same Idempotency-Key with another request is refused. */
  request_hash: string;
  outbound: Outbound;
}

/** An internal note: it goes to nobody outside. */
export interface NoteRow extends AnyMessage, NotReceived, NotSent {
  direction: 'note';
  /** `cancelled`: its author has deleted it, and it has no text any more. */
  state: 'saved' | 'cancelled';
  /** Members whom it mentions. */
  mentions?: string[];
  /** When its author changed or deleted it. */
  edited_at?: Date | null;
  author_id: string;
  request_hash: string;
}

/** What all messages have. */
interface AnyMessage {
  /**
   * Inbound: hash of workspace, audience, Message-Id and Date (mail/sameMail.ts): one message per mail and
   * audience.
   */
  _id: string;
  workspace_id: string;
  audience: string;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  from: Address;
  /** The real sender where a forwarder or list rewrote From; else the same as `from`. */
  sender: Address;
  reply_to: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  text: string;
  /** Sanitised; inline images as placeholders (mail/html.ts). */
  html: string | null;
  /** What was cut because it was over a cap; the raw mail has all of it. */
  cut: string[];
  headers: [string, string][];
  in_reply_to: string | null;
  references: string[];
  /**
   * Ids (with brackets) of the earlier messages that this one names: In-Reply-To and References, newest 30.
   */
  names: string[];
  /** Normalised addresses of those who take part through this message (core/threads/people.ts). */
  people: string[];
  /** False = marked: its sender did not take part in the thread, or may be forged. */
  sender_known: boolean;
  /** It opened the thread that it is in; false once it was merged or moved into another. */
  opens: boolean;
  auto_reply: boolean;
  /** It is list mail; the provider's filter calls it spam. Recorded, never dropped. */
  list_mail: boolean;
  spam: boolean;
  /** The mail's files as posted: two mails are the same only if these are (mail/sameMail.ts). */
  files: { filename: string; size: number | null }[];
  /** What it is found by (mail/searchWords.ts). */
  words: string[];
  /**
   * Copies of the mail that came, the first included, with the workspace emails that its trace headers name:
   * 500, and those that name a further one.
   */
  copies: { inbound_email_id: string; traced: string[] }[];
  created_at: Date;
  /** When the row was stored, by our clock: later than the arrival of a mail that was delayed. */
  stored_at: Date;
}

/** Null because the message is ours. */
interface NotReceived {
  to_email: null;
  sent_at: null;
  fingerprint: null;
  inbound_email_id: null;
  authentication: null;
  sender_reason: null;
}

/** Null because the message is not sent. */
interface NotSent {
  workspace_email_id: null;
  sending_email: null;
  message_id: null;
  contact_id: null;
  outbound: null;
}

/** What a message that we write stores in the fields that describe a received mail. */
export const NOT_RECEIVED = {
  to_email: null,
  sent_at: null,
  fingerprint: null,
  inbound_email_id: null,
  authentication: null,
  sender_reason: null,
  cut: [],
  headers: [],
  sender_known: true,
  auto_reply: false,
  list_mail: false,
  spam: false,
  files: [],
  copies: [],
} satisfies NotReceived & Partial<AnyMessage>;

/** What a message that goes nowhere stores in the fields that describe a mail. */
export const NOT_SENT = {
  workspace_email_id: null,
  sending_email: null,
  message_id: null,
  contact_id: null,
  outbound: null,
  from: NO_ADDRESS,
  sender: NO_ADDRESS,
  reply_to: [],
  to: [],
  cc: [],
  in_reply_to: null,
  references: [],
  names: [],
  people: [],
  opens: false,
} satisfies NotSent & Partial<AnyMessage>;

export const messageSchema = rowSchema<MessageRow & Pick<NoteRow, 'mentions' | 'edited_at'>>({
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
  fingerprint: nullableString,
  contact_id: nullableString,
  inbound_email_id: nullableString,
  authentication: { type: Object, default: null },
  sender_reason: nullableString,
  files: [{ _id: false, filename: text, size: { type: Number, default: null } }],
  words: [String],
  copies: [{ _id: false, inbound_email_id: String, traced: [String] }],
  author_id: nullableString,
  request_hash: nullableString,
  outbound: { type: outboundSchema, default: null },
  mentions: { type: [String], default: undefined },
  edited_at: Date,
  created_at: Date,
  stored_at: { type: Date, default: () => new Date() },
});
// Read a thread, oldest first. Its messages have its audience; queries say both, so that this is one range.
messageSchema.index({ workspace_id: 1, thread_id: 1, audience: 1, created_at: 1, _id: 1 });
// Count the messages of threads by their states; all that the lists of threads need is in the index.
messageSchema.index({ workspace_id: 1, thread_id: 1, audience: 1, state: 1, 'outbound.send_at': 1 });
// The messages that have not gone out, over all threads.
messageSchema.index({ workspace_id: 1, audience: 1, state: 1, created_at: -1, _id: -1 });
// Find a parent by its id, with all that threading reads of it, so that no row with its bodies is read
// (CARRIER_FIELDS in activities/inbound/threading/matches.ts).
messageSchema.index(
  {
    workspace_id: 1,
    message_id: 1,
    direction: 1,
    audience: 1,
    thread_kind: 1,
    thread_id: 1,
    sending_email: 1,
    inbound_email_id: 1,
    fingerprint: 1,
    created_at: 1,
    _id: 1,
  },
  { name: 'carriers' },
);
// Find children that name an id.
messageSchema.index({ workspace_id: 1, audience: 1, names: 1 });
// Whether an address takes part in a thread (core/threads/people.ts): one key, however long the thread is.
messageSchema.index({ workspace_id: 1, thread_id: 1, people: 1, sender_known: 1, opens: 1 });
messageSchema.index({ workspace_id: 1, inbound_email_id: 1 });
// Find the reply that a provider's event is about: events know no workspace, and of Message-Ids only ours are
// unique.
messageSchema.index({ message_id: 1, direction: 1 }, { partialFilterExpression: { direction: 'outbound' } });
// Replies whose run is still to be started (src/sweeps/startReplies.ts), and those that may have lost their
// run, the first due first (src/sweeps/settleInbound.ts).
messageSchema.index(
  { 'outbound.wants_start': 1 },
  { partialFilterExpression: { 'outbound.wants_start': true } },
);
messageSchema.index(
  { 'outbound.is_open': 1, 'outbound.due_at': 1, _id: 1 },
  { partialFilterExpression: { 'outbound.is_open': true } },
);
