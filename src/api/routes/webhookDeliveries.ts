import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { sendAgain } from '../../core/events/webhooks/deliveries.ts';
import { newTestDelivery } from '../../core/events/webhooks/endpoints.ts';
import { replay } from '../../core/events/webhooks/replay.ts';
import { pageOf, Time } from '../../core/presenters/schemas.ts';
import { Delivery, presentDelivery } from '../../core/presenters/webhook.ts';
import type { WebhookDeliveryRow, WebhookRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { findDelivery, findWebhook } from '../findWebhook.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Problem } from '../problem.ts';
import { createdId } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const ReplayBody = z.strictObject({
  since: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2026-11-25T10:00:00Z' })
    .transform((text) => new Date(text)),
});
const Replayed = z.object({ sent: z.int(), next_since: Time.nullable() });

const SWITCHED_OFF = 'The webhook is switched off. Switch it on first.';
const PENDING = 'This delivery is already being sent.';

/** Below a webhook: what was posted to it, and posting again; for owners. */
export function webhookDeliveryRoutes(route: AddWorkspaceRoute, { models, deliveries }: RouteDeps): void {
  const find = (ctx: RouterContext<ApiState>) => findWebhook(ctx, models);

  route(
    {
      method: 'POST',
      path: '/webhooks/:id/test',
      role: 'owner',
      scope: 'admin',
      summary: 'Send a test to a webhook',
      description: 'Posts an event of type `webhook.test`, which has no data.',
      status: 202,
      answer: Delivery,
      idempotency: 'answer kept',
      refuses: { 409: SWITCHED_OFF },
      find,
    },
    async (ctx, { row }) => {
      checkActive(row);
      const delivery = await newTestDelivery(models, row, createdId('webhooks', ctx));
      deliveries.add([delivery._id]);
      return presentDelivery(delivery);
    },
  );

  route(
    {
      method: 'POST',
      path: '/webhooks/:id/replay',
      role: 'owner',
      scope: 'admin',
      summary: 'Replay events to a webhook',
      description:
        'Posts all events since the time `since` again. If there are more than one request sends, ' +
        '`next_since` is the `since` of the next one.',
      body: ReplayBody,
      status: 202,
      answer: Replayed,
      idempotency: 'answer kept',
      refuses: { 409: SWITCHED_OFF },
      find,
    },
    async (_ctx, { row, body }) => {
      checkActive(row);
      const { ids, next_since } = await replay(models, row, body.since);
      deliveries.add(ids);
      return { sent: ids.length, next_since };
    },
  );

  route(
    {
      method: 'GET',
      path: '/webhooks/:id/deliveries',
      role: 'owner',
      scope: 'read',
      summary: 'List deliveries of a webhook',
      query: ListQuery,
      answer: pageOf(Delivery),
      find,
    },
    async (_ctx, { row, query }) => {
      const filter = { workspace_id: row.workspace_id, webhook_id: row._id };
      const page = await readPage<WebhookDeliveryRow>(models.WebhookDelivery, filter, query, {
        order: 'newest first',
        isLarge: true,
      });
      return { data: page.rows.map(presentDelivery), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/webhooks/:id/deliveries/:delivery_id',
      role: 'owner',
      scope: 'read',
      summary: 'Read a delivery of a webhook',
      answer: Delivery,
      find: (ctx) => findDelivery(ctx, models),
    },
    async (_ctx, { row: { delivery } }) => presentDelivery(delivery),
  );

  route(
    {
      method: 'POST',
      path: '/webhooks/:id/deliveries/:delivery_id/retry',
      role: 'owner',
      scope: 'admin',
      summary: 'Send a delivery of a webhook again',
      status: 202,
      answer: Delivery,
      idempotency: 'answer kept',
      refuses: { 409: `${PENDING} ${SWITCHED_OFF}` },
      find: (ctx) => findDelivery(ctx, models),
    },
    async (ctx, { row: { webhook, delivery } }) => {
      checkActive(webhook);
      if (!(await sendAgain(models, delivery, { byHand: true }))) throw new Problem(409, PENDING);
      deliveries.add([delivery._id]);
      const changed = await findDelivery(ctx, models);
      return presentDelivery(changed.delivery);
    },
  );
}

/** @throws Problem 409 */
function checkActive({ active }: WebhookRow): void {
  if (!active) throw new Problem(409, SWITCHED_OFF);
}
