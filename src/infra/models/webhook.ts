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
  /** The delivery whose failure switched it off; that delivery's run mails the owners. */
  disabled_by: string | null;
  /** When that mail was sent to the owners. */
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
  disabled_by: nullableString,
  told_at: nullableDate,
  secret: requiredString,
  old_secret: nullableString,
  old_secret_until: nullableDate,
  rotated_by: nullableString,
  failing_since: nullableDate,
  last_failed_at: nullableDate,
  created_by: requiredString,
  created_at: Date,
  changes: { type: Number, default: 0 },
});
webhookSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });

/** One attempt to post an event to an endpoint. */
export interface WebhookAttempt {
  run: number;
  /** Number of the attempt in its run, from 1. */
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
  /** Number of the workflow run, from 1; raised each time the delivery is sent again. */
  run: number;
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
  wants_start: { type: Boolean, required: true },
  at: Date,
  created_at: Date,
});
webhookDeliverySchema.index({ workspace_id: 1, webhook_id: 1, created_at: -1, _id: -1 });
// Unfinished deliveries.
webhookDeliverySchema.index({ state: 1, _id: 1 }, { partialFilterExpression: { state: 'pending' } });
webhookDeliverySchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });
webhookDeliverySchema.index({ created_at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
