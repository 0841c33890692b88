import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { pino } from 'pino';
import { createWebhookActivities } from '../../../../activities/index.ts';
import type { EndpointDeps } from '../../../../activities/deps.ts';
import { createLinks } from '../../../../src/core/presenters/links.ts';
import type { Models, WebhookRow } from '../../../../src/infra/models/index.ts';
import { hashOf, newId } from '../../../../src/lib/ids.ts';
import { newDelivery, type WebhookEventRow } from '../../../../src/core/events/webhooks/deliveries.ts';
import { createPost } from '../../../../src/core/events/webhooks/post.ts';
import { createSeal, newSecret } from '../../../../src/core/events/webhooks/secrets.ts';
import { createSlots } from '../../../../src/core/events/webhooks/slots.ts';
import { rows } from '../../../api/world.ts';
import { freshModels } from '../../../support/mongodb.ts';
import { runStep } from '../../../support/house.ts';
import { startHookServer, type HookServer } from '../../../support/hookServer.ts';
import { until } from '../../../support/until.ts';

const seal = createSeal('a key of these tests');
const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 60 * 60_000);
let models: Models;
let hook: HookServer;
/** Waits as long as in production, because a busy machine must not count as an endpoint that hangs. */
let activities: ReturnType<typeof createWebhookActivities>;
/** For endpoints that do hang. */
let impatient: ReturnType<typeof createWebhookActivities>;

beforeAll(async () => {
  models = await freshModels();
  const links = createLinks({
    publicUrl: 'https://postroom.test',
    urlSecret: 'x'.repeat(32),
    temporal: { address: null, namespace: 'mail', uiUrl: null },
  });
  const deps = { models, links, seal, slots: createSlots(100), log: pino({ level: 'silent' }) };
  const waiting = (timeoutMs?: number) =>
    createWebhookActivities({
      ...deps,
      post: createPost({ allowLoopback: true, timeoutMs }),
    } as unknown as EndpointDeps);
  activities = waiting();
  impatient = waiting(3_000);
});
afterAll(() => models.connection.close());
beforeEach(async () => void (hook = await startHookServer()));
afterEach(() => hook[Symbol.asyncDispose]());

async function endpointTo(
  url: string,
  change: Partial<WebhookRow> = {},
): Promise<{ row: WebhookRow; secret: string }> {
  const secret = newSecret();
  const row: WebhookRow = {
    _id: newId(),
    workspace_id: 'acme',
    url,
    events: ['ticket.created'],
    description: '',
    active: true,
    disabled_reason: null,
    disabled_at: null,
    disabled_by: null,
    told_at: null,
    failing_since: null,
    last_failed_at: null,
    rotated_by: null,
    changes: 0,
    secret: seal.close(secret),
    old_secret: null,
    old_secret_until: null,
    created_by: 'olga',
    created_at: new Date(0),
    ...change,
  };
  await models.Webhook.create(row);
  return { row, secret };
}

async function deliveryTo(endpoint: WebhookRow, change: Partial<WebhookEventRow> = {}) {
  const ticket = await rows.ticket(models, { subject: 'Ünïcode 😀' });
  const event: WebhookEventRow = {
    _id: hashOf(newId()),
    workspace_id: 'acme',
    audiences: ['tickets'],
    type: 'ticket.created',
    row_id: ticket._id,
    thread_kind: null,
    thread_id: null,
    owner_id: null,
    changed: [],
    became: null,
    actor_id: null,
    at: new Date(),
    ...change,
  };
  await models.Event.create(event);
  const delivery = newDelivery(endpoint, event);
  await models.WebhookDelivery.create(delivery);
  const read = () => models.WebhookDelivery.findById(delivery._id).orFail().lean();
  const attempt = (n = 1, isLast = false, { attemptWebhook } = activities) =>
    // A long attempt sends heartbeats to Temporal.
    runStep(attemptWebhook, { id: delivery._id, run: 1 }, n, isLast);
  return { delivery, ticket, event, read, attempt };
}

test('a successful post is signed as in Standard Webhooks, and has the row as the API shows it', async () => {
  const { row, secret } = await endpointTo(hook.url);
  const { attempt, read, ticket, event, delivery } = await deliveryTo(row);
  expect(await attempt()).toEqual({ verdict: 'over', state: 'delivered', disabled: false });
  const [{ headers, body }] = hook.posts as [HookServer['posts'][0]];
  const payload = new Webhook(secret).verify(body, headers as Record<string, string>);
  expect(payload).toMatchObject({
    type: 'ticket.created',
    timestamp: event.at.toISOString(),
    data: { id: ticket._id, number: ticket.number, subject: 'Ünïcode 😀', status: 'open' },
  });
  expect(headers).toMatchObject({ 'webhook-id': delivery._id, 'content-type': 'application/json' });
  expect(() => new Webhook(newSecret()).verify(body, headers as Record<string, string>)).toThrow();
  expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  expect(await read()).toMatchObject({
    state: 'delivered',
    attempts: [{ n: 1, status: 200, body: 'thanks' }],
  });
});

test('after a rotation both secrets are right, until the time of the old one is over', async () => {
  const old = newSecret();
  const soon = new Date(Date.now() + 60_000);
  const { row, secret } = await endpointTo(hook.url, { old_secret: seal.close(old), old_secret_until: soon });
  await (await deliveryTo(row)).attempt();
  const verify = (by: string, { body, headers } = hook.posts.at(-1)!) =>
    new Webhook(by).verify(body, headers as Record<string, string>);
  expect(verify(secret)).toEqual(verify(old));
  await models.Webhook.updateOne({ _id: row._id }, { $set: { old_secret_until: new Date() } });
  await (await deliveryTo(row)).attempt();
  expect(verify(secret)).toMatchObject({ type: 'ticket.created' });
  expect(() => verify(old)).toThrow();
});

test('secrets are not in the database', async () => {
  const { row, secret } = await endpointTo(hook.url);
  const stored = JSON.stringify(await models.Webhook.findById(row._id).lean());
  expect(stored).not.toContain(secret.slice('whsec_'.length));
  expect(() => createSeal('another key').open(row.secret)).toThrow();
});

test.each<[string, HookServer['answer'], object]>([
  ['redirects', (r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), { status: 302 }],
  ['fails', (r) => r.writeHead(500).end('x'.repeat(5_000)), { status: 500, body: 'x'.repeat(1_024) }],
  ['hangs', () => undefined, { status: null, error: 'time-out' }],
  ['cuts off', (r) => void r.destroy(), { status: null, error: 'ECONNRESET' }],
])('an endpoint that %s is tried again', async (what, answer, expected) => {
  hook.answer = answer;
  const { row } = await endpointTo(hook.url);
  const { attempt, read } = await deliveryTo(row);
  const by = what === 'hangs' ? impatient : activities;
  expect(await attempt(1, false, by)).toMatchObject({ verdict: 'later', afterMs: 0, disabled: false });
  expect(await read()).toMatchObject({ state: 'pending', attempts: [expected] });
  await until('the post', () => hook.posts.length > 0);
  expect(hook.posts).toHaveLength(1);
  expect((await models.Webhook.findById(row._id).orFail().lean()).failing_since).not.toBeNull();
  // The same attempt again (its answer did not reach Temporal) posts nothing.
  expect(await attempt()).toMatchObject({ verdict: 'later' });
  expect(hook.posts).toHaveLength(1);
  hook.answer = (r) => r.writeHead(204).end();
  expect(await attempt(2)).toMatchObject({ state: 'delivered' });
  expect((await models.Webhook.findById(row._id).orFail().lean()).failing_since).toBeNull();
});

test('a 2xx whose body never ends is a success', async () => {
  hook.answer = (r) => void r.writeHead(200).write('first words');
  const { row } = await endpointTo(hook.url);
  const { attempt, read } = await deliveryTo(row);
  expect(await attempt(1, false, impatient)).toMatchObject({ state: 'delivered' });
  expect((await read()).attempts).toMatchObject([{ status: 200, body: 'first words' }]);
});

test('Retry-After is kept, in seconds and as a date', async () => {
  const { row } = await endpointTo(hook.url);
  const { attempt } = await deliveryTo(row);
  hook.answer = (r) => r.writeHead(429, { 'retry-after': '120' }).end();
  expect(await attempt(1)).toMatchObject({ verdict: 'later', afterMs: 120_000 });
  // Also when the answer did not reach Temporal, and the attempt is read again.
  expect(await attempt(1)).toMatchObject({ verdict: 'later', afterMs: 120_000 });
  expect(hook.posts).toHaveLength(1);
  hook.answer = (r) => r.writeHead(503, { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }).end();
  const { afterMs } = (await attempt(2)) as { afterMs: number };
  expect(afterMs).toBeGreaterThan(80_000);
  hook.answer = (r) => r.writeHead(429, { 'retry-after': 'soon' }).end();
  expect(await attempt(3)).toMatchObject({ afterMs: 0 });
});

test('410 switches the endpoint off, and its pending deliveries are not sent', async () => {
  hook.answer = (r) => r.writeHead(410).end();
  const { row } = await endpointTo(hook.url);
  const [one, two] = [await deliveryTo(row), await deliveryTo(row)];
  expect(await one.attempt()).toEqual({ verdict: 'over', state: 'failed', disabled: true });
  expect(await models.Webhook.findById(row._id).lean()).toMatchObject({ active: false });
  expect(await two.attempt()).toMatchObject({ state: 'cancelled' });
  expect(hook.posts).toHaveLength(1);
});

test('after a crash once the post is recorded, the retry makes no second post, and mails the owners', async () => {
  hook.answer = (r) => r.writeHead(410).end();
  const { row } = await endpointTo(hook.url);
  const { attempt } = await deliveryTo(row);
  const off = { verdict: 'over', state: 'failed', disabled: true };
  expect(await attempt()).toEqual(off);
  // Temporal did not get the answer.
  expect(await attempt()).toEqual(off);
  // It died before the endpoint was switched off.
  await models.Webhook.updateOne({ _id: row._id }, { $set: { active: true, disabled_at: null } });
  expect(await attempt()).toEqual(off);
  expect(await models.Webhook.findById(row._id).lean()).toMatchObject({ active: false });
  expect(hook.posts).toHaveLength(1);
});

test('of several deliveries answered with 410 at one time, one mails the owners', async () => {
  const waiting: ServerResponse[] = [];
  hook.answer = (r) => {
    waiting.push(r);
    if (waiting.length === 2) for (const each of waiting) each.writeHead(410).end();
  };
  const { row } = await endpointTo(hook.url);
  const both = [await deliveryTo(row), await deliveryTo(row)];
  const tried = await Promise.all(both.map(({ attempt }) => attempt()));
  expect(tried.map((each) => each.verdict === 'over' && each.disabled).sort()).toEqual([false, true]);
});

test('it is switched off after five days of failures, and not before', async () => {
  hook.answer = (r) => r.writeHead(500).end();
  const since = (days: number, last = 1.2) => ({
    failing_since: daysAgo(days),
    last_failed_at: daysAgo(last),
  });
  const young = await endpointTo(hook.url, since(4.9));
  expect(await (await deliveryTo(young.row)).attempt()).toMatchObject({ disabled: false });
  const old = await endpointTo(hook.url, since(5.1));
  expect(await (await deliveryTo(old.row)).attempt(10, true)).toEqual({
    verdict: 'over',
    state: 'failed',
    disabled: true,
  });
  expect(await models.Webhook.findById(old.row._id).lean()).toMatchObject({ active: false });
});

test('one failure, a month without traffic and another failure are not five days of failures', async () => {
  hook.answer = (r) => r.writeHead(500).end();
  const { row } = await endpointTo(hook.url, { failing_since: daysAgo(30), last_failed_at: daysAgo(27) });
  expect(await (await deliveryTo(row)).attempt()).toMatchObject({ disabled: false });
  const { active, failing_since, last_failed_at } = await models.Webhook.findById(row._id).orFail().lean();
  expect(active).toBe(true);
  expect(failing_since!.getTime()).toBeGreaterThan(daysAgo(1).getTime());
  expect(last_failed_at).toEqual(failing_since);
  // Each failure that comes soon enough counts on from the first.
  await models.Webhook.updateOne(
    { _id: row._id },
    { $set: { failing_since: daysAgo(2), last_failed_at: daysAgo(1.5) } },
  );
  expect(await (await deliveryTo(row)).attempt()).toMatchObject({ disabled: false });
  const later = await models.Webhook.findById(row._id).orFail().lean();
  expect(later.failing_since!.getTime()).toBeLessThan(daysAgo(1.9).getTime());
  expect(later.last_failed_at!.getTime()).toBeGreaterThan(daysAgo(1).getTime());
});

test('a success ends failures after its endpoint was read', async () => {
  const { row } = await endpointTo(hook.url);
  const { attempt } = await deliveryTo(row);
  let fail: Promise<unknown> = Promise.resolve();
  hook.answer = (r) => {
    const noted = { $set: { failing_since: new Date(), last_failed_at: new Date() } };
    fail = models.Webhook.updateOne({ _id: row._id }, noted).then(() => r.writeHead(200).end());
  };
  expect(await attempt()).toMatchObject({ state: 'delivered' });
  await fail;
  expect((await models.Webhook.findById(row._id).orFail().lean()).failing_since).toBeNull();
});

test('nothing of personal mail is posted, nor a row that has become personal in the meantime', async () => {
  const { row } = await endpointTo(hook.url);
  const conversation = await rows.conversation(models, { audience: 'owner:dana', owner_id: 'dana' });
  const moved = await deliveryTo(row, {
    type: 'conversation.updated',
    row_id: conversation._id,
    audiences: ['shared'],
  });
  expect(await moved.attempt()).toMatchObject({ state: 'cancelled' });
  const contact = await rows.contact(models, { audiences: ['owner:dana'] });
  const known = await deliveryTo(row, { type: 'contact.updated', row_id: contact._id });
  expect(await known.attempt()).toMatchObject({ state: 'cancelled' });
  expect(hook.posts).toHaveLength(0);
});

test('a merged or moved thread names where it went', async () => {
  const { row } = await endpointTo(hook.url);
  const went = { merged_into: 'that', hidden: 'merged' as const };
  const ticket = await rows.ticket(models, { ...went, merged_kind: 'ticket' });
  const conversation = await rows.conversation(models, { ...went, merged_kind: 'ticket' });
  const contact = await rows.contact(models, { merged_into: 'that' });
  for (const [type, row_id, said] of [
    ['ticket.deleted', ticket._id, { merged_into: 'that', merged_kind: 'ticket', deleted_at: null }],
    ['conversation.deleted', conversation._id, { merged_into: 'that', merged_kind: 'ticket' }],
    ['contact.deleted', contact._id, { merged_into: 'that' }],
  ] as const) {
    const { attempt } = await deliveryTo(row, { type, row_id });
    expect(await attempt()).toMatchObject({ state: 'delivered' });
    const post = JSON.parse(hook.posts.at(-1)!.body) as { data: object };
    expect(post).toMatchObject({ type, data: { id: row_id, ...said } });
  }
});

test('a message waits for its files, ten seconds at most', async () => {
  const { row } = await endpointTo(hook.url);
  const message = await rows.message(models, { subject: 'with a file' });
  const file = await rows.attachment(models, { message_id: message._id, state: 'pending' });
  const about = { type: 'ticket.message_created', row_id: message._id } as const;
  const { attempt } = await deliveryTo(row, about);
  expect(await attempt()).toEqual({ verdict: 'wait', for: 'its files' });
  const late = await deliveryTo(row, { ...about, at: new Date(Date.now() - 11_000) });
  expect(await late.attempt()).toMatchObject({ state: 'delivered' });
  await models.Attachment.updateOne({ _id: file._id }, { $set: { state: 'stored' } });
  expect(await attempt()).toMatchObject({ state: 'delivered' });
  expect(JSON.parse(hook.posts.at(-1)!.body)).toMatchObject({
    data: { id: message._id, subject: 'with a file', attachments: [{ id: file._id, state: 'stored' }] },
  });
});

test('an endpoint that hangs has few posts at once, and delays no other', async () => {
  const held: ServerResponse[] = [];
  hook.answer = (response) => void held.push(response);
  const { row: hanging } = await endpointTo(hook.url, { failing_since: new Date() });
  await using healthy = await startHookServer();
  const { row: well } = await endpointTo(healthy.url);
  const stuck = [await deliveryTo(hanging), await deliveryTo(hanging)].map(({ attempt }) => attempt());
  await until('two posts that hang', () => hook.posts.length === 2);
  expect(await (await deliveryTo(hanging)).attempt()).toMatchObject({ verdict: 'wait', for: 'its turn' });
  expect(await (await deliveryTo(well)).attempt()).toMatchObject({ state: 'delivered' });
  // They hung the whole time.
  expect(held.map(({ writableEnded, destroyed }) => writableEnded || destroyed)).toEqual([false, false]);
  for (const response of held) response.end();
  await Promise.all(stuck);
});

test('a run that was taken over, or an endpoint that is gone, posts nothing', async () => {
  const { row } = await endpointTo(hook.url);
  const { delivery, attempt } = await deliveryTo(row);
  await models.WebhookDelivery.updateOne({ _id: delivery._id }, { $set: { run: 2 } });
  expect(await attempt()).toMatchObject({ state: 'superseded' });
  const other = await deliveryTo(row);
  await models.Webhook.deleteOne({ _id: row._id });
  expect(await other.attempt()).toMatchObject({ state: 'cancelled' });
  expect(hook.posts).toHaveLength(0);
});
