import type { WebhookEvent } from './eventTypes.ts';
import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** An endpoint of a workspace: where its events are posted to. */
export interface WebhookRow {
  _id: string;
  workspace_id: string;
  url: string;
  /** Types of events that it gets (infra/models/eventTypes.ts). */
  events: WebhookEvent[];
  description: string;
  active: boolean;
  /** Why it was switched off by itself, in words; null where it was not. */
  disabled_reason: string | null;
  disabled_at: Date | null;
  /** The delivery that ran into it, whose run tells the owners. */
  disabled_by?: string | null;
  /** When the owners were told so. */
  told_at: Date | null;
  /** Sealed (core/events/webhooks/secrets.ts). */
  secret: string;
  /** The one before, sealed; signs too until its time is over. */
  old_secret: string | null;
  old_secret_until: Date | null;
  /** The request that rotated it last; missing where none did. */
  rotated_by?: string;
  /** Since when nothing that was sent there was taken; null = the last attempt went well, or there was none. */
  failing_since: Date | null;
  /** The newest failure; missing before the first. */
  last_failed_at?: Date | null;
  created_by: string;
  created_at: Date;
  /** Raised with every change by a person; missing before the first. */
  changes?: number;
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
  rotated_by: String,
  failing_since: nullableDate,
  last_failed_at: Date,
  created_by: requiredString,
  created_at: Date,
  changes: Number,
});
webhookSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });

/** One attempt to post an event to an endpoint. */
export interface WebhookAttempt {
  run: number;
  /** Counts from 1 in its run. */
  n: number;
  at: Date;
  /** HTTP status; null = there was no answer. */
  status: number | null;
  /** Why there was none, as a code: `time-out`, `ECONNREFUSED`, `address not allowed` … */
  error: string | null;
  /** How long it took (ms). */
  ms: number;
  /** Start of what was answered. */
  body: string;
  /** So long it asked to be left alone (Retry-After, ms); 0 = it did not; missing in attempts of before. */
  after_ms?: number;
}

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed', 'cancelled'] as const;

/** An event on its way to an endpoint. */
export interface WebhookDeliveryRow {
  /** Hash of endpoint and event; goes out as `webhook-id`, the same however often it is sent. */
  _id: string;
  workspace_id: string;
  webhook_id: string;
  /** Null: a test, which is about nothing. */
  event_id: string | null;
  type: WebhookEvent | 'webhook.test';
  state: (typeof WEBHOOK_DELIVERY_STATES)[number];
  /** Of all runs, the newest last. */
  attempts: WebhookAttempt[];
  /** 1, and one more each time it is sent again. */
  run: number;
  wants_start: boolean;
  /** When it happened. */
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
      after_ms: Number,
    },
  ],
  run: { type: Number, required: true },
  wants_start: { type: Boolean, required: true },
  at: Date,
  created_at: Date,
});
webhookDeliverySchema.index({ workspace_id: 1, webhook_id: 1, created_at: -1, _id: -1 });
// What of them is not over.
webhookDeliverySchema.index({ state: 1, _id: 1 }, { partialFilterExpression: { state: 'pending' } });
webhookDeliverySchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });
webhookDeliverySchema.index({ created_at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
