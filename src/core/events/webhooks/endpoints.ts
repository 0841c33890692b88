import type { WebhookEvent } from '../../../infra/models/eventTypes.ts';
import type { Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import { isDuplicateKey } from '../../../infra/models/once.ts';
import type { Seal } from '../../../lib/seal.ts';
import { dueSince } from './deliveries.ts';
import { NO_FAILURES } from './endpointHealth.ts';
import { newSecret } from './secrets.ts';
import { ROTATION_MS } from './sign.ts';

/** Webhooks of one workspace. */
export const MAX_WEBHOOKS = 50;

/** What an owner chooses. */
export interface WebhookFields {
  url: string;
  events: WebhookEvent[];
  description: string;
}

/** A webhook and its secret, which is shown once. */
export interface WithSecret {
  row: WebhookRow;
  secret: string;
}

/**
 * Creates a webhook. Idempotent by `id`, but for the secret, which is a new one each time: a request is
 * repeated only when its answer was lost, so nobody has seen the former secret.
 * @returns null when the workspace has as many webhooks as it may have
 */
export async function createWebhook(
  models: Models,
  seal: Seal,
  {
    id,
    workspaceId,
    userId,
    fields,
  }: { id: string; workspaceId: string; userId: string; fields: WebhookFields },
): Promise<WithSecret | null> {
  if ((await models.Webhook.countDocuments({ workspace_id: workspaceId })) >= MAX_WEBHOOKS) return null;
  const secret = newSecret();
  const row: WebhookRow = {
    _id: id,
    workspace_id: workspaceId,
    url: fields.url,
    events: fields.events,
    description: fields.description,
    active: true,
    disabled_reason: null,
    disabled_at: null,
    told_at: null,
    failing_since: null,
    last_failed_at: null,
    secret: seal.close(secret),
    old_secret: null,
    old_secret_until: null,
    rotated_by: null,
    changes: 0,
    created_by: userId,
    created_at: new Date(),
  };
  try {
    await models.Webhook.create(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const existing = { _id: id, workspace_id: workspaceId };
    await models.Webhook.updateOne(existing, { $set: { secret: row.secret } });
  }
  return { row, secret };
}

/**
 * A change by an owner. Switching a webhook on forgets the failures for which it was switched off, and a new
 * URL is tried at once.
 */
export function webhookChange(fields: WebhookFieldChange): Partial<WebhookRow> {
  const switchedOn = { disabled_reason: null, disabled_at: null, told_at: null };
  const mayTakeEvents = fields.active === true || fields.url !== undefined;
  return {
    ...fields,
    ...(fields.active && switchedOn),
    ...(mayTakeEvents && NO_FAILURES),
  };
}
type WebhookFieldChange = { [Field in keyof WebhookFields]?: WebhookFields[Field] | undefined } & {
  active?: boolean | undefined;
};

/** Writes a change if the webhook is as it was read. @returns null when it is not */
export function writeWebhookChange(
  models: Models,
  { _id, workspace_id, changes, active, disabled_at }: WebhookRow,
  change: object,
): Promise<WebhookRow | null> {
  return models.Webhook.findOneAndUpdate(
    { _id, workspace_id, changes, active, disabled_at },
    { $set: change, $inc: { changes: 1 } },
    { returnDocument: 'after' },
  ).lean<WebhookRow>();
}

/** Deletes a webhook and its deliveries. */
export async function deleteWebhook(models: Models, { _id, workspace_id }: WebhookRow): Promise<void> {
  await models.Webhook.deleteOne({ _id });
  await models.WebhookDelivery.deleteMany({ workspace_id, webhook_id: _id });
}

/**
 * Gives a webhook a new secret; the old one signs too for a day. When the request is carried out again, its
 * answer was lost: then the secret that is replaced was never seen, and the old one of before stays.
 * @param requestId the same when the request is carried out again
 * @returns null when the secret was changed since the row was read
 */
export async function rotateSecret(
  models: Models,
  seal: Seal,
  webhook: WebhookRow,
  requestId: string,
): Promise<WithSecret | null> {
  const secret = newSecret();
  const replaced = requestId !== webhook.rotated_by && {
    old_secret: webhook.secret,
    old_secret_until: new Date(Date.now() + ROTATION_MS),
  };
  const row = await models.Webhook.findOneAndUpdate(
    { _id: webhook._id, secret: webhook.secret },
    { $set: { secret: seal.close(secret), rotated_by: requestId, ...replaced } },
    { returnDocument: 'after' },
  ).lean<WebhookRow>();
  return row && { row, secret };
}

/** Saves a delivery of a test event. Idempotent by `id`. */
export async function newTestDelivery(
  models: Models,
  { _id: webhook_id, workspace_id }: WebhookRow,
  id: string,
): Promise<WebhookDeliveryRow> {
  const now = new Date();
  const row: WebhookDeliveryRow = {
    _id: id,
    workspace_id,
    webhook_id,
    event_id: null,
    type: 'webhook.test',
    attempts: [],
    run: 1,
    ...dueSince(now, true),
    at: now,
    created_at: now,
  };
  await insertNew(models.WebhookDelivery, [row]);
  return row;
}
