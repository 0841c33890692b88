import { pino } from 'pino';
import { createWebhookActivities } from '../../../../activities/index.ts';
import type { EndpointDeps } from '../../../../activities/deps.ts';
import { createLinks } from '../../../../src/core/presenters/links.ts';
import type { Models, WebhookRow } from '../../../../src/infra/models/index.ts';
import { newId } from '../../../../src/lib/ids.ts';
import { createWorkflowStarts, type WorkflowStarts } from '../../../../src/infra/temporal/workflowStarts.ts';
import { WEBHOOK_QUEUE } from '../../../../src/infra/temporal/ids.ts';
import { newDelivery, type WebhookEventRow } from '../../../../src/core/events/webhooks/deliveries.ts';
import { createPost } from '../../../../src/core/events/webhooks/post.ts';
import { createSeal, newSecret } from '../../../../src/core/events/webhooks/secrets.ts';
import { createSlots } from '../../../../src/core/events/webhooks/slots.ts';
import { rows } from '../../../api/world.ts';
import { freshModels } from '../../../support/mongodb.ts';
import { startHookServer } from '../../../support/hookServer.ts';
import { until } from '../../../support/until.ts';
import { startTestWorker, type TestWorker } from '../../../support/worker.ts';

/** Concurrent posts; the worker can run a few more steps than that. */
const AT_ONCE = 20;
const ENDPOINTS = 15;
const EACH = 4;
/** Longer than the test waits for anything: nothing that hangs is given up, also on a slow machine. */
const HANGS_FOR_MS = 600_000;

const seal = createSeal('a key of these tests');
let models: Models;
let worker: TestWorker;
let starts: WorkflowStarts;

beforeAll(async () => {
  models = await freshModels();
  const deps = {
    models,
    links: createLinks({
      publicUrl: 'https://postroom.test',
      urlSecret: 'x'.repeat(32),
      temporal: { address: null, namespace: 'mail', uiUrl: null },
    }),
    seal,
    post: createPost({ allowLoopback: true, timeoutMs: HANGS_FOR_MS }),
    slots: createSlots(AT_ONCE),
    log: pino({ level: 'silent' }),
  };
  const activities = createWebhookActivities(deps as unknown as EndpointDeps);
  worker = await startTestWorker(activities, undefined, WEBHOOK_QUEUE, AT_ONCE + 4);
  starts = createWorkflowStarts(worker.client);
});
afterAll(async () => {
  await worker.close();
  await models.connection.close();
});

async function endpointTo(url: string): Promise<WebhookRow> {
  const row: WebhookRow = {
    _id: newId(),
    workspace_id: 'acme',
    url,
    events: ['ticket.created'],
    description: '',
    active: true,
    disabled_reason: null,
    disabled_at: null,
    told_at: null,
    failing_since: null,
    last_failed_at: null,
    rotated_by: null,
    changes: 0,
    secret: seal.close(newSecret()),
    old_secret: null,
    old_secret_until: null,
    created_by: 'olga',
    created_at: new Date(0),
  };
  await models.Webhook.create(row);
  return row;
}

/** Has an endpoint notified of a new ticket. */
async function tell(endpoint: WebhookRow): Promise<void> {
  const { _id: row_id } = await rows.ticket(models, {});
  const event: WebhookEventRow = {
    _id: newId(),
    workspace_id: 'acme',
    audiences: ['tickets'],
    type: 'ticket.created',
    row_id,
    thread_kind: null,
    thread_id: null,
    owner_id: null,
    changed: [],
    became: null,
    actor_id: null,
    at: new Date(),
  };
  await models.Event.create(event);
  const delivery = newDelivery(endpoint, event);
  await models.WebhookDelivery.create(delivery);
  await starts.deliverToEndpoint({ id: endpoint._id }, 'acme');
}

test('while many endpoints hang and more posts wait than may run at once, one that answers is served', async () => {
  await using hanging = await startHookServer(() => undefined);
  await using healthy = await startHookServer();
  const well = await endpointTo(healthy.url);
  await tell(well);
  await until('it to answer', () => models.WebhookDelivery.exists({ state: 'delivered' }));
  const stuck = await Promise.all(Array.from({ length: ENDPOINTS }, () => endpointTo(hanging.url)));
  for (const endpoint of stuck) await Promise.all(Array.from({ length: EACH }, () => tell(endpoint)));
  await until('what hangs to hold all that it may', () => hanging.posts.length >= AT_ONCE * 0.75);
  await Promise.all(Array.from({ length: 3 }, () => tell(well)));
  await until('the others to be posted', () => healthy.posts.length === 4);
  // None of those that hang was given up meanwhile.
  expect(
    await models.WebhookDelivery.exists({ 'attempts.0': { $exists: true }, state: 'pending' }),
  ).toBeNull();
  expect(hanging.posts.length).toBeLessThan(AT_ONCE);
});
