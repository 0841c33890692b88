import { z } from 'zod';
import { WEBHOOK_EVENTS } from '../../infra/models/eventTypes.ts';
import type { WebhookDeliveryRow, WebhookRow } from '../../infra/models/index.ts';
import { WEBHOOK_DELIVERY_STATES } from '../../infra/models/webhook.ts';
import { Time } from './schemas.ts';

export const Webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    description: z.string(),
    active: z.boolean(),
    disabled_reason: z.string().nullable().meta({ description: 'Why Postroom switched the webhook off.' }),
    disabled_at: Time.nullable(),
    failing_since: Time.nullable(),
    old_secret_until: Time.nullable().meta({ description: 'Until then the old secret signs too.' }),
    created_at: Time,
  })
  .meta({ id: 'Webhook' });

const Attempt = z.object({
  at: Time,
  status: z.int().nullable().meta({ description: 'HTTP status; null when there was no answer.' }),
  error: z.string().nullable(),
  ms: z.int(),
  body: z.string().meta({ description: 'Start of the answer’s body.' }),
});
export const Delivery = z
  .object({
    id: z.string(),
    type: z.enum([...WEBHOOK_EVENTS, 'webhook.test']),
    event_id: z.string().nullable(),
    state: z.enum(WEBHOOK_DELIVERY_STATES),
    at: Time.meta({ description: 'When the event happened.' }),
    attempts: z.array(Attempt),
    created_at: Time,
  })
  .meta({ id: 'Delivery' });

/** A webhook without its secret, which is shown only once. */
export function presentWebhook(row: WebhookRow): z.input<typeof Webhook> {
  return {
    id: row._id,
    url: row.url,
    events: row.events,
    description: row.description,
    active: row.active,
    disabled_reason: row.disabled_reason,
    disabled_at: row.disabled_at,
    failing_since: row.failing_since,
    old_secret_until: row.old_secret_until,
    created_at: row.created_at,
  };
}

export function presentDelivery(row: WebhookDeliveryRow): z.input<typeof Delivery> {
  return {
    id: row._id,
    type: row.type,
    event_id: row.event_id,
    state: row.state,
    at: row.at,
    attempts: row.attempts.map(({ at, status, error, ms, body }) => ({ at, status, error, ms, body })),
    created_at: row.created_at,
  };
}
