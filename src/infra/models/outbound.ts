import { Schema } from 'mongoose';
import type { Address } from '../../mail/addresses.ts';
import type { ThreadRow } from './thread.ts';
import { address, nullableDate, nullableString, requiredString } from './schema.ts';

/** `received`: inbound; `saved`: a note; all others: outbound (docs/architecture.md, 4). */
export const MESSAGE_STATES = [
  'received',
  'saved',
  'queued',
  'scheduled',
  'cancelled',
  'sending',
  'unconfirmed',
  'sent',
  'delivered',
  'delayed',
  'failed',
  'complained',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];
export type OutboundState = Exclude<MessageState, 'received' | 'saved'>;

/**
 * The delivery states of a message for one recipient. Within an attempt, a later one in this list replaces an
 * earlier one.
 */
export const DELIVERY_STATES = ['sent', 'delayed', 'delivered', 'failed', 'complained'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface DeliveryRow {
  /** Normalised. */
  recipient: string;
  /** The attempt that this state is about; an event of an earlier attempt changes nothing. */
  attempt: number;
  state: DeliveryState;
  /** The answer of the recipient's server, in words for an agent. */
  reason: string | null;
  at: Date;
  /** Only a mail says so that nothing proves to come from the recipient's domain. Missing: it is not so. */
  foreign?: true;
}

/** Fields of a thread that a message sets. */
export type ThreadFields = Partial<Pick<ThreadRow, 'status' | 'agent_id' | 'priority' | 'tags'>>;

/** The first and the last moment at which an unknown call may have been made. */
export interface MaybeSent {
  since: Date;
  until: Date;
}

/**
 * The sending of an outbound message. Everything else about the message (recipients, subject, ids, bodies)
 * does not change after it is saved.
 */
export interface Outbound {
  bcc: Address[];
  /** When the agent asked for it to be sent; null = as soon as it can no longer be undone. */
  send_at: Date | null;
  /** Before this time it can be cancelled and is not sent. */
  due_at: Date;
  /**
   * The workflow run that may write: `reply/<id>`, then `reply/<id>/again/<run>` for each retry by a person.
   */
  run: number;
  /** The run must still be started. */
  wants_start: boolean;
  /** Its run has not ended: `queued`, `scheduled` or `sending`. */
  is_open: boolean;
  /**
   * Calls to the provider so far, over all runs. Raised before each call, so that a retry sees that an
   * earlier try has made the call.
   */
  attempt: number;
  attempt_at: Date | null;
  /** Calls made by earlier runs, stored when this run starts on the message. */
  attempts_before: number;
  /** The recipients of the last call, normalised; empty before the first. */
  attempt_to: string[];
  /** The result of the last call is not known: the mail may have been sent. */
  unclear: boolean;
  /**
   * Between these times the provider may have been called without this row knowing of it: the database was
   * restored to an earlier moment, or the reply starts so late that it may have been
   * (core/replies/maybeSent.ts). Before its next call the message is looked up at the provider. Missing or
   * null: the row knows of every call.
   */
  maybe_sent?: MaybeSent | null;
  /** When this run first tried to send it. */
  trying_since: Date | null;
  /** Why the message is in its state, in words for an agent. */
  reason: string | null;
  state_at: Date;
  deliveries: DeliveryRow[];
  /** How its thread changes once it can no longer be taken back; null when that is done, or nothing changes. */
  thread_change: ThreadFields | null;
  /** A scheduled message is called off when the customer writes first. Missing: it is not. */
  cancel_on_reply?: boolean;
  /** It was cancelled with its thread: when that leaves the trash, it is its author's draft again. Missing: no. */
  draft_on_restore?: boolean;
  /** Raised with every change of `deliveries` and state, for compare-and-set. */
  changes: number;
}

const options = { _id: false, strict: 'throw', minimize: false } as const;

const delivery = new Schema(
  {
    recipient: requiredString,
    attempt: Number,
    state: requiredString,
    reason: nullableString,
    at: Date,
    foreign: { type: Boolean, default: undefined },
  },
  options,
);

export const outboundSchema = new Schema(
  {
    bcc: [address],
    send_at: nullableDate,
    due_at: Date,
    run: Number,
    wants_start: Boolean,
    is_open: Boolean,
    attempt: Number,
    attempt_at: nullableDate,
    attempts_before: Number,
    attempt_to: [String],
    unclear: Boolean,
    maybe_sent: { type: new Schema({ since: Date, until: Date }, options), default: undefined },
    trying_since: nullableDate,
    reason: nullableString,
    state_at: Date,
    deliveries: [delivery],
    thread_change: { type: Object, default: null },
    cancel_on_reply: { type: Boolean, default: false },
    draft_on_restore: Boolean,
    changes: Number,
  } satisfies Record<keyof Outbound, unknown>,
  options,
);
