import type { WebhookEvent } from './eventTypes.ts';
import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** An endpoint of a workspace, to which its events are posted. */
export interface WebhookRow {
  _id: string;
  workspace_id: string;
  url: string;
  /** Types of events that it receives. */
  events: WebhookEvent[];
  description: string;
  active: boolean;
  /** Why Postroom switched it off, as a sentence; null when it did not. */
  disabled_reason: string | null;
  disabled_at: Date | null;
  /** When its run told the owners by mail that it was switched off. */
  told_at: Date | null;
  /** Sealed (core/events/webhooks/secrets.ts). */
  secret: string;
  /** The secret before it, sealed; signs too until `old_secret_until`. */
  old_secret: string | null;
  old_secret_until: Date | null;
  /** Id of the request that last rotated the secret. */
  rotated_by: string | null;
  /** Since when all posts to it fail; null = the last one succeeded, or there was none. */
  failing_since: Date | null;
  last_failed_at: Date | null;
  /**
   * The first deliveries whose first attempt failed since it last accepted one, at most three: with three it
   * is down (core/events/webhooks/endpointHealth.ts). Absent: none.
   */
  failed_deliveries?: string[];
  /** Types of all deliveries that failed since then. Absent: none. */
  failed_types?: string[];
  /** It asked with Retry-After for no attempt before this time. */
  no_attempt_before?: Date | null;
  /** Until then its run, which waits, needs no signal for a delivery that it would not attempt yet. */
  asleep_until?: Date | null;
  created_by: string;
  created_at: Date;
  /** Raised with every change by a person: compare and set. */
  changes: number;
}
export const webhookSchema = rowSchema<WebhookRow>({
  _id: String,
  workspace_id: requiredString,
  url: requiredString,
  events: [String],
  description: text,
  active: { type: Boolean, required: true },
  disabled_reason: nullableString,
  disabled_at: nullableDate,
  told_at: nullableDate,
  secret: requiredString,
  old_secret: nullableString,
  old_secret_until: nullableDate,
  rotated_by: nullableString,
  failing_since: nullableDate,
  last_failed_at: nullableDate,
  failed_deliveries: [String],
  failed_types: [String],
  no_attempt_before: nullableDate,
  asleep_until: nullableDate,
  created_by: requiredString,
  created_at: Date,
  changes: { type: Number, default: 0 },
});
webhookSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });

/** One attempt to post an event to an endpoint. */
export interface WebhookAttempt {
  run: number;
  /** Number of the attempt in the delivery's run, from 1. */
  n: number;
  at: Date;
  /** HTTP status; null = there was no answer. */
  status: number | null;
  /** Why there was no answer, as a code: `time-out`, `ECONNREFUSED`, `address not allowed` … */
  error: string | null;
  /** Duration (ms). */
  ms: number;
  /** Start of the answer's body. */
  body: string;
  /** The wait that the endpoint asked for with Retry-After (ms); 0 = none. */
  after_ms: number;
}

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed', 'cancelled'] as const;

/** An event on its way to an endpoint. */
export interface WebhookDeliveryRow {
  /** Hash of endpoint and event; sent as `webhook-id`, the same for every attempt. */
  _id: string;
  workspace_id: string;
  webhook_id: string;
  /** Null: a test, which has no event. */
  event_id: string | null;
  type: WebhookEvent | 'webhook.test';
  state: (typeof WEBHOOK_DELIVERY_STATES)[number];
  /** Attempts of all runs, newest last. */
  attempts: WebhookAttempt[];
  /** 1, and one more each time the delivery is sent again: then it has ten attempts again. */
  run: number;
  /**
   * When the next attempt is due, for as long as it is `pending`; at first the time of the event. Absent in
   * rows of an earlier version: at once.
   */
  next_attempt_at?: Date;
  /** Until then an attempt may be under way, and nobody else makes one. */
  claimed_until?: Date | null;
  /** A person asked for the next attempt: it is made even while the endpoint is down. */
  by_hand?: boolean;
  /** Its wait was cut short when the endpoint accepted events again, which happens once in a run. */
  brought_forward?: boolean;
  /** The endpoint's run does not know of it yet (src/sweeps/startDeliveries.ts). */
  wants_start: boolean;
  /** When the event happened. */
  at: Date;
  created_at: Date;
}
export const webhookDeliverySchema = rowSchema<WebhookDeliveryRow>({
  _id: String,
  workspace_id: requiredString,
  webhook_id: requiredString,
  event_id: nullableString,
  type: requiredString,
  state: requiredString,
  attempts: [
    {
      _id: false,
      run: Number,
      n: Number,
      at: Date,
      status: { type: Number, default: null },
      error: nullableString,
      ms: Number,
      body: text,
      after_ms: { type: Number, default: 0 },
    },
  ],
  run: { type: Number, required: true },
  next_attempt_at: Date,
  claimed_until: nullableDate,
  by_hand: { type: Boolean, default: false },
  brought_forward: { type: Boolean, default: false },
  wants_start: { type: Boolean, required: true },
  at: Date,
  created_at: Date,
});
webhookDeliverySchema.index({ workspace_id: 1, webhook_id: 1, created_at: -1, _id: -1 });
// What an endpoint's run works off, in this order.
webhookDeliverySchema.index(
  { workspace_id: 1, webhook_id: 1, next_attempt_at: 1, _id: 1, type: 1 },
  { partialFilterExpression: { state: 'pending' } },
);
webhookDeliverySchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });
webhookDeliverySchema.index({ created_at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
