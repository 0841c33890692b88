import type { WebhookDeliveryRow, WebhookRow } from '../../models/index.ts';

/** Without its secret: that is shown once. */
export function presentWebhook(row: WebhookRow) {
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

export function presentDelivery(row: WebhookDeliveryRow) {
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
