import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { WEBHOOK_EVENTS } from '../../infra/models/eventTypes.ts';
import type { WebhookDeliveryRow, WebhookRow } from '../../infra/models/index.ts';
import { insertNew } from '../../infra/models/insertNew.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { hashOf } from '../../lib/ids.ts';
import { sendAgain } from '../../core/events/webhooks/deliveries.ts';
import { replay } from '../../core/events/webhooks/replay.ts';
import { createSeal, newSecret, type Seal } from '../../core/events/webhooks/secrets.ts';
import { ROTATION_MS } from '../../core/events/webhooks/sign.ts';
import { faultOfUrl } from '../../core/events/webhooks/target.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Delivery, presentDelivery, presentWebhook, Webhook } from '../../core/presenters/webhook.ts';
import { notFound, Problem } from '../problem.ts';
import { requestOf } from '../request.ts';
import { pageOf, Time } from '../../core/presenters/schemas.ts';

const MAX_ENDPOINTS = 50;

const fieldsFor = (allowLoopback: boolean) => ({
  url: z.string('must be text').superRefine((url, check) => {
    const fault = faultOfUrl(url, allowLoopback);
    if (fault !== null) check.addIssue(fault);
  }),
  events: z
    .array(z.enum(WEBHOOK_EVENTS, `must be one of ${WEBHOOK_EVENTS.join(', ')}`), 'must be a list of events')
    .min(1, 'must name an event')
    .max(WEBHOOK_EVENTS.length, `must be at most ${WEBHOOK_EVENTS.length}`)
    .transform((events) => [...new Set(events)]),
  description: OneLine(500),
});

const ReplayBody = z.strictObject({
  since: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2026-11-25T10:00:00Z' })
    .transform((text) => new Date(text)),
});

const WebhookWithSecret = Webhook.extend({ secret: z.string() }).meta({ id: 'WebhookWithSecret' });
const Replayed = z.object({ sent: z.int(), next_since: Time.nullable() });

/** `webhooks`: where the workspace's events are posted to, and what was posted; for owners. */
export function webhookRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models, config, deliveries } = deps;
  const fields = fieldsFor(config.webhooksAllowLoopback === true);
  const NewWebhookBody = z.strictObject({ ...fields, description: fields.description.default('') });
  const WebhookChangeBody = z.strictObject({
    url: fields.url.optional(),
    events: fields.events.optional(),
    description: fields.description.optional(),
    active: z.boolean('must be true or false').optional(),
  });

  const keyed = idempotent(deps);

  router.get(
    '/webhooks',
    user,
    ownersOnly,
    operation(
      { summary: 'List webhooks', query: ListQuery, answer: pageOf(Webhook) },
      async (ctx, { query }) => {
        const here = { workspace_id: ctx.state.user.workspaceId };
        const page = await readPage<WebhookRow>(models.Webhook, here, query, { order: 'newest first' });
        return { data: page.rows.map(presentWebhook), next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/webhooks/:id',
    user,
    ownersOnly,
    operation({ summary: 'Read a webhook', answer: Webhook, etag: true }, async (ctx) =>
      show(ctx, await findWebhook(ctx, deps)),
    ),
  );

  router.post(
    '/webhooks',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Make a webhook',
        description: 'Its `secret` is shown this once. A URL that leads inside is refused.',
        body: NewWebhookBody,
        status: 201,
        answer: WebhookWithSecret,
        etag: true,
      },
      async (ctx, { body }) => {
        const { workspaceId: workspace_id, userId } = ctx.state.user;
        const seal = sealOf(deps);
        if ((await models.Webhook.countDocuments({ workspace_id })) >= MAX_ENDPOINTS)
          throw new Problem(422, `A workspace may have ${MAX_ENDPOINTS} webhooks; delete one first.`);
        const secret = newSecret();
        const row: WebhookRow = {
          _id: idFor(ctx),
          workspace_id,
          ...body,
          active: true,
          disabled_reason: null,
          disabled_at: null,
          disabled_by: null,
          told_at: null,
          failing_since: null,
          last_failed_at: null,
          secret: seal.close(secret),
          old_secret: null,
          old_secret_until: null,
          rotated_by: null,
          created_by: userId,
          created_at: new Date(),
          changes: 0,
        };
        await models.Webhook.create(row).catch(async (error: unknown) => {
          if (!isDuplicateKey(error)) throw error;
          // Whoever made it died before the answer: nobody has seen its secret.
          await models.Webhook.updateOne({ _id: row._id, workspace_id }, { $set: { secret: row.secret } });
        });
        return { ...show(ctx, row), secret };
      },
    ),
  );

  router.patch(
    '/webhooks/:id',
    user,
    ownersOnly,
    jsonBody,
    operation(
      {
        summary: 'Change a webhook',
        description: 'One that was switched off because it failed has another five days with `active: true`.',
        body: WebhookChangeBody,
        answer: Webhook,
        etag: true,
        find: (ctx) => findWebhook(ctx, deps),
      },
      async (ctx, { body }) => {
        const afresh = { disabled_reason: null, disabled_at: null, told_at: null, failing_since: null };
        const set = { ...body, ...(body.active && afresh) };
        const row = await changeRow<WebhookRow>(ctx, {
          find: () => findWebhook(ctx, deps),
          etag,
          decide: () => set,
          write: ({ _id, workspace_id, changes, active, disabled_at }) =>
            models.Webhook.findOneAndUpdate(
              { _id, workspace_id, changes, active, disabled_at },
              { $set: set, $inc: { changes: 1 } },
              { returnDocument: 'after' },
            ).lean<WebhookRow>(),
        });
        return show(ctx, row);
      },
    ),
  );

  router.delete(
    '/webhooks/:id',
    user,
    ownersOnly,
    operation({ summary: 'Delete a webhook' }, async (ctx) => {
      const { _id, workspace_id } = await findWebhook(ctx, deps);
      await models.Webhook.deleteOne({ _id });
      await models.WebhookDelivery.deleteMany({ workspace_id, webhook_id: _id });
    }),
  );

  router.post(
    '/webhooks/:id/rotate-secret',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Rotate the secret of a webhook',
        description: 'The new `secret` is shown this once; both sign for 24 hours.',
        answer: WebhookWithSecret,
        etag: true,
      },
      async (ctx) => {
        const endpoint = await findWebhook(ctx, deps);
        const secret = newSecret();
        const rotated_by = idFor(ctx);
        // Done again, since whoever did it died before the answer: what it replaces now nobody has seen.
        const old = rotated_by !== endpoint.rotated_by && {
          old_secret: endpoint.secret,
          old_secret_until: new Date(Date.now() + ROTATION_MS),
        };
        const { modifiedCount } = await models.Webhook.updateOne(
          { _id: endpoint._id, secret: endpoint.secret },
          { $set: { secret: sealOf(deps).close(secret), rotated_by, ...old } },
        );
        if (modifiedCount === 0) throw new Problem(409, 'It was changed at this moment; ask again.');
        return { ...show(ctx, await findWebhook(ctx, deps)), secret };
      },
    ),
  );

  router.post(
    '/webhooks/:id/test',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Post a test to a webhook',
        description: 'An event of type `webhook.test`, about nothing.',
        status: 202,
        answer: Delivery,
        refuses: { 409: OFF },
      },
      async (ctx) => {
        const { _id: webhook_id, workspace_id } = active(await findWebhook(ctx, deps));
        const now = new Date();
        const row: WebhookDeliveryRow = {
          _id: idFor(ctx),
          workspace_id,
          webhook_id,
          event_id: null,
          type: 'webhook.test',
          state: 'pending',
          attempts: [],
          run: 1,
          wants_start: true,
          at: now,
          created_at: now,
        };
        await insertNew(models.WebhookDelivery, [row]);
        deliveries.add([{ id: row._id, run: 1 }]);
        return presentDelivery(row);
      },
    ),
  );

  router.post(
    '/webhooks/:id/replay',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Post what happened since to a webhook again',
        description: 'Where there is more than is sent at once, `next_since` is where the rest begins.',
        body: ReplayBody,
        status: 202,
        answer: Replayed,
        find: (ctx) => findWebhook(ctx, deps),
        refuses: { 409: OFF },
      },
      async (ctx, { body }) => {
        const { runs, next_since } = await replay(models, active(await findWebhook(ctx, deps)), body.since);
        deliveries.add(runs);
        return { sent: runs.length, next_since };
      },
    ),
  );

  router.get(
    '/webhooks/:id/deliveries',
    user,
    ownersOnly,
    operation(
      {
        summary: 'List deliveries of a webhook',
        query: ListQuery,
        answer: pageOf(Delivery),
        find: (ctx) => findWebhook(ctx, deps),
      },
      async (ctx, { query }) => {
        const { _id: webhook_id, workspace_id } = await findWebhook(ctx, deps);
        const here = { workspace_id, webhook_id };
        const page = await readPage<WebhookDeliveryRow>(models.WebhookDelivery, here, query, {
          order: 'newest first',
        });
        return { data: page.rows.map(presentDelivery), next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/webhooks/:id/deliveries/:delivery_id',
    user,
    ownersOnly,
    operation({ summary: 'Read a delivery of a webhook', answer: Delivery }, async (ctx) =>
      presentDelivery(await findDelivery(ctx, deps, await findWebhook(ctx, deps))),
    ),
  );

  router.post(
    '/webhooks/:id/deliveries/:delivery_id/retry',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Send a delivery of a webhook again',
        status: 202,
        answer: Delivery,
        refuses: { 409: `It is being sent already. ${OFF}` },
      },
      async (ctx) => {
        const webhook = active(await findWebhook(ctx, deps));
        const delivery = await findDelivery(ctx, deps, webhook);
        const run = await sendAgain(models, delivery);
        if (run === null) throw new Problem(409, 'It is being sent already.');
        deliveries.add([{ id: delivery._id, run }]);
        return presentDelivery(await findDelivery(ctx, deps, webhook));
      },
    ),
  );
}

const OFF = 'The webhook is switched off: switch it on first.';

/** Nothing is sent to one that is switched off. @throws Problem 409 */
function active(row: WebhookRow): WebhookRow {
  if (!row.active) throw new Problem(409, OFF);
  return row;
}

/** The same where a request is done again (idempotent.ts), and another one the next day, when its key may be used anew. */
const idFor = (ctx: RouterContext<ApiState>): string =>
  hashOf('webhooks', requestOf(ctx, ctx.state.user).id, new Date().toISOString().slice(0, 10));

/** It may be switched off by itself; whether it fails just now is no part of it. */
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
      'This installation has no SECRETS_KEY, which webhooks need; its operator can set one.',
    );
  return createSeal(config.secretsKey);
}

/** @throws Problem 404 */
async function findWebhook(ctx: RouterContext<ApiState>, { models }: RouteDeps): Promise<WebhookRow> {
  const here = { _id: ctx.params.id, workspace_id: ctx.state.user.workspaceId };
  const row = await models.Webhook.findOne(here).lean<WebhookRow>();
  if (!row) throw notFound();
  return row;
}

/** @throws Problem 404 */
async function findDelivery(
  ctx: RouterContext<ApiState>,
  { models }: RouteDeps,
  { _id: webhook_id, workspace_id }: WebhookRow,
): Promise<WebhookDeliveryRow> {
  const row = await models.WebhookDelivery.findOne({
    _id: ctx.params.delivery_id,
    workspace_id,
    webhook_id,
  }).lean<WebhookDeliveryRow>();
  if (!row) throw notFound();
  return row;
}
