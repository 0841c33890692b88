import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import {
  createWebhook,
  deleteWebhook,
  MAX_WEBHOOKS,
  rotateSecret,
  webhookChange,
  writeWebhookChange,
} from '../../core/events/webhooks/endpoints.ts';
import { createSeal } from '../../core/events/webhooks/secrets.ts';
import type { Seal } from '../../lib/seal.ts';
import { faultOfUrl } from '../../core/events/webhooks/target.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { presentWebhook, Webhook } from '../../core/presenters/webhook.ts';
import { WEBHOOK_EVENTS } from '../../infra/models/eventTypes.ts';
import type { WebhookRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { OneLine } from '../fields.ts';
import { findWebhook } from '../findWebhook.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Problem } from '../problem.ts';
import { createdId } from '../request.ts';
import { checkRecentPassword, PASSWORD_NEEDED } from '../recentPassword.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const fieldsFor = (allowLoopback: boolean) => ({
  url: z.string('must be text').superRefine((url, check) => {
    const fault = faultOfUrl(url, allowLoopback);
    if (fault !== null) check.addIssue(fault);
  }),
  events: z
    .array(z.enum(WEBHOOK_EVENTS, `must be one of ${WEBHOOK_EVENTS.join(', ')}`), 'must be a list of events')
    .min(1, 'must name at least one event')
    .max(WEBHOOK_EVENTS.length, `must be at most ${WEBHOOK_EVENTS.length}`)
    .transform((events) => [...new Set(events)]),
  description: OneLine(500),
});

const WebhookWithSecret = Webhook.extend({ secret: z.string() }).meta({ id: 'WebhookWithSecret' });

/** `webhooks`: the URLs that the events of the workspace are posted to; for owners. */
export function webhookRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models, config, deliveries } = deps;
  const fields = fieldsFor(config.webhooksAllowLoopback === true);
  const NewWebhookBody = z.strictObject({ ...fields, description: fields.description.default('') });
  const WebhookChangeBody = z.strictObject({
    url: fields.url.optional(),
    events: fields.events.optional(),
    description: fields.description.optional(),
    active: z.boolean('must be true or false').optional(),
  });
  const find = (ctx: RouterContext<ApiState>) => findWebhook(ctx, models);

  route(
    {
      method: 'GET',
      path: '/webhooks',
      role: 'owner',
      scope: 'read',
      summary: 'List webhooks',
      query: ListQuery,
      answer: pageOf(Webhook),
    },
    async (ctx, { query }) => {
      const filter = { workspace_id: ctx.state.user.workspaceId };
      const page = await readPage<WebhookRow>(models.Webhook, filter, query, { order: 'newest first' });
      return { data: page.rows.map(presentWebhook), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/webhooks/:id',
      role: 'owner',
      scope: 'read',
      summary: 'Read a webhook',
      answer: Webhook,
      etag: true,
      find,
    },
    async (ctx, { row }) => show(ctx, row),
  );

  route(
    {
      method: 'POST',
      path: '/webhooks',
      role: 'owner',
      scope: 'admin',
      summary: 'Create a webhook',
      description: 'Its `secret` is shown only in this answer. The URL must lead to the public internet.',
      body: NewWebhookBody,
      status: 201,
      answer: WebhookWithSecret,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 403: PASSWORD_NEEDED },
    },
    async (ctx, { body }) => {
      checkRecentPassword(ctx.state);
      const { workspaceId, userId } = ctx.state.user;
      const id = createdId('webhooks', ctx);
      const created = await createWebhook(models, sealOf(deps), { id, workspaceId, userId, fields: body });
      if (!created)
        throw new Problem(422, `A workspace may have at most ${MAX_WEBHOOKS} webhooks. Delete one first.`);
      return { ...show(ctx, created.row), secret: created.secret };
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/webhooks/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Change a webhook',
      description:
        'A webhook is switched off after it has failed for five days. With `active: true` it gets ' +
        'another five days.',
      body: WebhookChangeBody,
      answer: Webhook,
      etag: true,
      find,
    },
    async (ctx, { row, body }) => {
      const change = webhookChange(body);
      const changed = await changeRow<WebhookRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag,
        decide: () => change,
        write: (read) => writeWebhookChange(models, read, change),
      });
      deliveries.wake(changed);
      return show(ctx, changed);
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/webhooks/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Delete a webhook',
      find,
    },
    async (_ctx, { row }) => {
      await deleteWebhook(models, row);
      deliveries.wake(row);
    },
  );

  route(
    {
      method: 'POST',
      path: '/webhooks/:id/rotate-secret',
      role: 'owner',
      scope: 'admin',
      summary: 'Rotate the secret of a webhook',
      description: 'The new `secret` is shown only in this answer. For 24 hours the old secret signs too.',
      answer: WebhookWithSecret,
      idempotency: 'answer kept',
      etag: true,
      find,
    },
    async (ctx, { row }) => {
      const rotated = await rotateSecret(models, sealOf(deps), row, createdId('webhooks', ctx));
      if (!rotated) throw new Problem(409, 'Another request changed the secret at the same time. Try again.');
      return { ...show(ctx, rotated.row), secret: rotated.secret };
    },
  );
}

/**
 * Changes when a person or too many failures change the webhook. Whether it fails at the moment is not part
 * of it.
 */
const etag = ({ _id, changes, active, disabled_at }: WebhookRow) =>
  etagOf('webhook', _id, changes, active, disabled_at);

function show(ctx: RouterContext<ApiState>, row: WebhookRow) {
  ctx.set('ETag', etag(row));
  return presentWebhook(row);
}

/** @throws Problem 503 */
function sealOf({ config }: RouteDeps): Seal {
  if (!config.secretsKey)
    throw new Problem(
      503,
      'Webhooks need the setting SECRETS_KEY, which this installation does not have. Ask its operator ' +
        'to set it.',
    );
  return createSeal(config.secretsKey);
}
