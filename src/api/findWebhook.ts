import type { RouterContext } from '@koa/router';
import type { Models, WebhookDeliveryRow, WebhookRow } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { notFound } from './problem.ts';

/** The webhook that the path names. @throws Problem 404 */
export async function findWebhook(ctx: RouterContext<ApiState>, models: Models): Promise<WebhookRow> {
  const filter = { _id: ctx.params.id, workspace_id: ctx.state.user.workspaceId };
  const row = await models.Webhook.findOne(filter).lean<WebhookRow>();
  if (!row) throw notFound();
  return row;
}

/** The webhook and the delivery that the path names. @throws Problem 404 */
export async function findDelivery(
  ctx: RouterContext<ApiState>,
  models: Models,
): Promise<{ webhook: WebhookRow; delivery: WebhookDeliveryRow }> {
  const webhook = await findWebhook(ctx, models);
  const { _id: webhook_id, workspace_id } = webhook;
  const filter = { _id: ctx.params.delivery_id, workspace_id, webhook_id };
  const delivery = await models.WebhookDelivery.findOne(filter).lean<WebhookDeliveryRow>();
  if (!delivery) throw notFound();
  return { webhook, delivery };
}
