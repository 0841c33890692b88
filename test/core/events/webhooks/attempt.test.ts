import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { pino } from 'pino';
import { createWebhookActivities } from '../../../../activities/index.ts';
import type { EndpointDeps } from '../../../../activities/deps.ts';
import type { Round } from '../../../../activities/outgoingWebhooks/deliverDue.ts';
import { createLinks } from '../../../../src/core/presenters/links.ts';
import type { Models, WebhookDeliveryRow, WebhookRow } from '../../../../src/infra/models/index.ts';
import type { WebhookAttempt } from '../../../../src/infra/models/webhook.ts';
import { hashOf, newId } from '../../../../src/lib/ids.ts';
import {
  newDelivery,
  sendAgain,
  type WebhookEventRow,
} from '../../../../src/core/events/webhooks/deliveries.ts';
import { createPost } from '../../../../src/core/events/webhooks/post.ts';
import { MAX_ATTEMPTS, nextAttemptAt } from '../../../../src/core/events/webhooks/schedule.ts';
import { createSeal, newSecret } from '../../../../src/core/events/webhooks/secrets.ts';
import { createSlots } from '../../../../src/core/events/webhooks/slots.ts';
import { createDeliveryStarter } from '../../../../src/sweeps/startDeliveries.ts';
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

let deps: object;

beforeAll(async () => {
  models = await freshModels();
  const links = createLinks({
    publicUrl: 'https://postroom.test',
    urlSecret: 'x'.repeat(32),
    temporal: { address: null, namespace: 'mail', uiUrl: null },
  });
  deps = { models, links, seal, slots: createSlots(100), log: pino({ level: 'silent' }) };
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
  /** Makes it due now; `failed` attempts have been made before. */
  const due = (failed = 0) =>
    models.WebhookDelivery.updateOne(
      { _id: delivery._id },
      {
        $set: { next_attempt_at: event.at, claimed_until: null },
        ...(failed > 0 && {
          $push: { attempts: { $each: Array.from({ length: failed }, (_, n) => failedAttempt(n + 1)) } },
        }),
      },
    );
  const attempt = (by = activities): Promise<Round> => roundOf(endpoint, by);
  return { delivery, ticket, event, read, due, attempt };
}

const failedAttempt = (n: number): WebhookAttempt => ({
  run: 1,
  n,
  at: daysAgo(0.1),
  status: 500,
  error: null,
  ms: 1,
  body: '',
  after_ms: 0,
});

/** Works off what is due. A long round sends heartbeats to Temporal. */
const roundOf = (endpoint: WebhookRow, { deliverDue } = activities): Promise<Round> =>
  runStep(deliverDue, { id: endpoint._id });

const idle = { verdict: 'over', state: 'idle', tellOwners: false };
const off = { verdict: 'over', state: 'switched off', tellOwners: true };
const endpointOf = ({ _id }: WebhookRow) => models.Webhook.findById(_id).orFail().lean();

test('a successful post is signed as in Standard Webhooks, and has the row as the API shows it', async () => {
  const { row, secret } = await endpointTo(hook.url);
  const { attempt, read, ticket, event, delivery } = await deliveryTo(row);
  expect(await attempt()).toEqual(idle);
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
  const { attempt, read, due } = await deliveryTo(row);
  const by = what === 'hangs' ? impatient : activities;
  const round = await attempt(by);
  expect(round).toMatchObject({ verdict: 'wait', for: 'the next attempt', down: false });
  expect((round as { ms: number }).ms).toBeLessThanOrEqual(5_500);
  expect(await read()).toMatchObject({ state: 'pending', attempts: [expected] });
  await until('the post', () => hook.posts.length > 0);
  expect(hook.posts).toHaveLength(1);
  expect((await endpointOf(row)).failing_since).not.toBeNull();
  hook.answer = (r) => r.writeHead(204).end();
  await due();
  expect(await attempt()).toEqual(idle);
  expect(await read()).toMatchObject({ state: 'delivered', attempts: [{ n: 1 }, { n: 2, status: 204 }] });
  expect((await endpointOf(row)).failing_since).toBeNull();
});

test('a 2xx whose body never ends is a success', async () => {
  hook.answer = (r) => void r.writeHead(200).write('first words');
  const { row } = await endpointTo(hook.url);
  const { attempt, read } = await deliveryTo(row);
  expect(await attempt(impatient)).toEqual(idle);
  expect((await read()).attempts).toMatchObject([{ status: 200, body: 'first words' }]);
});

test('Retry-After is kept, in seconds and as a date, a day at most', async () => {
  const { row } = await endpointTo(hook.url);
  const { attempt, due, read } = await deliveryTo(row);
  const waitAfter = async (header: string): Promise<number> => {
    hook.answer = (r) => r.writeHead(429, { 'retry-after': header }).end();
    await due();
    await attempt();
    const { next_attempt_at, attempts } = await read();
    return next_attempt_at!.getTime() - attempts.at(-1)!.at.getTime();
  };
  expect(await waitAfter('120')).toBe(120_000);
  expect(await waitAfter('1000000')).toBe(24 * 60 * 60_000);
  // The third attempt failed: half an hour is longer than what it asked for.
  expect(await waitAfter('120')).toBeGreaterThan(27 * 60_000);
  const inThreeHours = new Date(Date.now() + 3 * 60 * 60_000);
  expect(await waitAfter(inThreeHours.toUTCString())).toBeGreaterThan(2.9 * 60 * 60_000);
});

test('ten attempts over three days: 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each a tenth more or less', () => {
  const hour = 3_600_000;
  const waits = [5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)];
  expect(MAX_ATTEMPTS).toBe(waits.length + 1);
  for (const [n, ms] of waits.entries()) {
    const waited = nextAttemptAt(n + 1, new Date(0), 0).getTime();
    expect(waited).toBeGreaterThanOrEqual(ms * 0.9);
    expect(waited).toBeLessThanOrEqual(ms * 1.1);
  }
});

test('after the tenth attempt a delivery has failed; sent again it has ten more', async () => {
  hook.answer = (r) => r.writeHead(500).end();
  const { row } = await endpointTo(hook.url);
  const { attempt, due, read } = await deliveryTo(row);
  await due(8);
  expect(await attempt()).toMatchObject({ verdict: 'wait' });
  expect(await read()).toMatchObject({ state: 'pending' });
  await due();
  expect(await attempt()).toEqual(idle);
  expect(await read()).toMatchObject({ state: 'failed' });
  expect(await sendAgain(models, await read(), { byHand: true })).toBe(true);
  expect(await sendAgain(models, await read(), { byHand: true })).toBe(false);
  expect(await attempt()).toMatchObject({ verdict: 'wait' });
  expect((await read()).attempts.at(-1)).toMatchObject({ run: 2, n: 1 });
});

test('410 switches the endpoint off, and its pending deliveries are not sent', async () => {
  hook.answer = (r) => r.writeHead(410).end();
  const { row } = await endpointTo(hook.url);
  const one = await deliveryTo(row);
  const two = await deliveryTo(row, { at: new Date(Date.now() + 60_000) });
  expect(await one.attempt()).toEqual(off);
  // Temporal did not get the answer: the owners must be told all the same.
  expect(await one.attempt()).toEqual(off);
  expect(await endpointOf(row)).toMatchObject({ active: false });
  expect([await one.read(), await two.read()]).toMatchObject([{ state: 'failed' }, { state: 'cancelled' }]);
  expect(hook.posts).toHaveLength(1);
  await models.Webhook.updateOne({ _id: row._id }, { $set: { told_at: new Date() } });
  expect(await one.attempt()).toMatchObject({ tellOwners: false });
});

test('it is switched off after five days of failures, and not before', async () => {
  hook.answer = (r) => r.writeHead(500).end();
  const since = (days: number, last = 1.2) => ({
    failing_since: daysAgo(days),
    last_failed_at: daysAgo(last),
  });
  const young = await endpointTo(hook.url, since(4.9));
  expect(await (await deliveryTo(young.row)).attempt()).toMatchObject({ verdict: 'wait' });
  const old = await endpointTo(hook.url, since(5.1));
  expect(await (await deliveryTo(old.row)).attempt()).toEqual(off);
  expect(await endpointOf(old.row)).toMatchObject({ active: false });
});

test('one failure, a month without traffic and another failure are not five days of failures', async () => {
  hook.answer = (r) => r.writeHead(500).end();
  const { row } = await endpointTo(hook.url, { failing_since: daysAgo(30), last_failed_at: daysAgo(27) });
  expect(await (await deliveryTo(row)).attempt()).toMatchObject({ verdict: 'wait' });
  const { active, failing_since, last_failed_at } = await endpointOf(row);
  expect(active).toBe(true);
  expect(failing_since!.getTime()).toBeGreaterThan(daysAgo(1).getTime());
  expect(last_failed_at).toEqual(failing_since);
  // Each failure that comes soon enough counts on from the first.
  await models.Webhook.updateOne(
    { _id: row._id },
    { $set: { failing_since: daysAgo(2), last_failed_at: daysAgo(1.5) } },
  );
  expect(await (await deliveryTo(row)).attempt()).toMatchObject({ verdict: 'wait' });
  const later = await endpointOf(row);
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
  expect(await attempt()).toEqual(idle);
  await fail;
  expect((await endpointOf(row)).failing_since).toBeNull();
});

test('two rounds at the same time post each delivery once; one whose process died is posted when its claim has ended', async () => {
  const { row } = await endpointTo(hook.url);
  const deliveries = [];
  for (let n = 0; n < 6; n += 1) deliveries.push(await deliveryTo(row));
  const dead = await deliveryTo(row);
  const claimUntil = (claimed_until: Date) =>
    models.WebhookDelivery.updateOne({ _id: dead.delivery._id }, { $set: { claimed_until } });
  await claimUntil(new Date(Date.now() + 600_000));
  hook.answer = (r) => void setTimeout(() => r.end(), 200);
  const [one, two] = await Promise.all([roundOf(row), roundOf(row)]);
  for (const round of [one, two]) expect(round).toMatchObject({ verdict: 'wait' });
  expect(hook.posts).toHaveLength(6);
  await claimUntil(new Date());
  expect(await roundOf(row)).toEqual(idle);
  const ids = hook.posts.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(7);
  expect(ids).toHaveLength(7);
});

test('a delivery that cannot be posted uses up its attempts, and its endpoint is not to blame', async () => {
  const { row } = await endpointTo(hook.url);
  const { attempt, read, delivery } = await deliveryTo(row);
  // An event that no version has written.
  await models.Event.collection.updateOne({ _id: delivery.event_id as never }, { $set: { type: 7 } });
  const other = await deliveryTo(row);
  expect(await attempt()).toMatchObject({ verdict: 'wait', down: false });
  expect(await read()).toMatchObject({ state: 'pending', attempts: [{ error: 'internal error' }] });
  expect(await other.read()).toMatchObject({ state: 'delivered' });
  expect(await endpointOf(row)).toMatchObject({ failing_since: null });
});

describe('an endpoint that is down', () => {
  const answerBy = (status: (type: string) => number): void => {
    hook.answer = (r) => {
      const { type } = JSON.parse(hook.posts.at(-1)!.body) as { type: string };
      r.writeHead(status(type)).end();
    };
  };
  const many = async (endpoint: WebhookRow, count: number, change: Partial<WebhookEventRow> = {}) => {
    const made: WebhookDeliveryRow[] = [];
    const begun = Date.now() - count;
    for (let n = 0; n < count; n += 1)
      made.push((await deliveryTo(endpoint, { at: new Date(begun + n), ...change })).delivery);
    return made;
  };
  const attemptsOf = async ({ _id }: WebhookRow): Promise<number[]> => {
    const all = await models.WebhookDelivery.find({ webhook_id: _id }).sort({ at: 1, _id: 1 }).lean();
    return all.map(({ attempts }) => attempts.length);
  };
  const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
  /** As if its last failure was so long ago. */
  const pass = (endpoint: WebhookRow, ms: number) =>
    models.Webhook.updateOne({ _id: endpoint._id }, { $set: { last_failed_at: new Date(Date.now() - ms) } });

  test('gets one delivery from time to time; when it is back all follow in the order of events', async () => {
    answerBy(() => 500);
    const { row } = await endpointTo(hook.url);
    const made = await many(row, 30);
    const round = await roundOf(row);
    expect(round).toMatchObject({ verdict: 'wait', for: 'the next attempt', down: true });
    expect((round as { ms: number }).ms).toBeLessThanOrEqual(10_000);
    const tried = sum(await attemptsOf(row));
    expect(tried).toBeLessThanOrEqual(6);
    await pass(row, -600_000);
    // Woken for nothing: none is tried before the pause has passed, and one after it.
    expect(await roundOf(row)).toMatchObject({ verdict: 'wait', down: true });
    expect(hook.posts).toHaveLength(tried);
    await pass(row, 11_000);
    await roundOf(row);
    expect(hook.posts).toHaveLength(tried + 1);
    expect(Math.max(...(await attemptsOf(row)))).toBe(1);

    answerBy(() => 200);
    hook.posts.length = 0;
    await pass(row, 11_000);
    expect(await roundOf(row)).toEqual(idle);
    const order = hook.posts.map(({ headers }) => headers['webhook-id']);
    expect([...order].sort()).toEqual(made.map(({ _id }) => _id).sort());
    // The first one showed that it is back. At most ten are under way at one time.
    for (const [place, { _id }] of made.entries())
      if (_id !== order[0]) expect(Math.abs(order.indexOf(_id) - place)).toBeLessThanOrEqual(11);
    expect(Math.max(...(await attemptsOf(row)))).toBe(2);
  });

  test('is left alone for as long as it asked', async () => {
    hook.answer = (r) => r.writeHead(503, { 'retry-after': '600' }).end();
    const { row } = await endpointTo(hook.url);
    await many(row, 8);
    const round = await roundOf(row);
    expect((round as { ms: number }).ms).toBeGreaterThan(400_000);
    await pass(row, 120_000);
    const posts = hook.posts.length;
    await roundOf(row);
    expect(hook.posts).toHaveLength(posts);
  });

  test('gets at once what a person sends, and a type of event that it has not refused', async () => {
    answerBy((type) => (type === 'ticket.created' ? 400 : 200));
    const { row } = await endpointTo(hook.url, { events: ['ticket.created', 'ticket.updated'] });
    await many(row, 20);
    await roundOf(row);
    expect(await endpointOf(row)).toMatchObject({ failed_types: ['ticket.created'] });
    const { delivery } = await deliveryTo(row);
    await pass(row, -600_000);
    const posts = hook.posts.length;
    await models.WebhookDelivery.updateOne({ _id: delivery._id }, { $set: { by_hand: true } });
    await roundOf(row);
    expect(hook.posts.slice(posts).map(({ headers }) => headers['webhook-id'])).toEqual([delivery._id]);
    const other = await deliveryTo(row, { type: 'ticket.updated' });
    await roundOf(row);
    expect(await other.read()).toMatchObject({ state: 'delivered' });
  });

  test('a type of event that is always refused holds up no other, and keeps its schedule', async () => {
    answerBy((type) => (type === 'ticket.created' ? 400 : 200));
    const { row } = await endpointTo(hook.url, { events: ['ticket.created', 'ticket.updated'] });
    for (let n = 0; n < 12; n += 1) await deliveryTo(row, n % 2 === 0 ? {} : { type: 'ticket.updated' });
    for (let round = 0; round < 4; round += 1) {
      await deliveryTo(row, { type: 'ticket.updated' });
      await roundOf(row);
    }
    const updates = await models.WebhookDelivery.find({ webhook_id: row._id, type: 'ticket.updated' }).lean();
    expect(updates.map(({ state }) => state)).toEqual(updates.map(() => 'delivered'));
    const refused = await models.WebhookDelivery.find({ webhook_id: row._id, type: 'ticket.created' }).lean();
    // The first attempt, that after five seconds, and one that was brought forward, once.
    for (const { state, attempts } of refused) {
      expect(state).toBe('pending');
      expect(attempts.length).toBeLessThanOrEqual(3);
    }
  });

  test('its run needs no signal for an event that it would not try yet', async () => {
    answerBy(() => 500);
    const { row } = await endpointTo(hook.url, { events: ['ticket.created', 'ticket.updated'] });
    await many(row, 5);
    await roundOf(row);
    const signalled: string[] = [];
    const starter = createDeliveryStarter({
      models,
      starts: {
        deliverToEndpoint: async ({ id }) => {
          signalled.push(id);
          return 'started';
        },
      },
      log: pino({ level: 'silent' }),
    });
    await starter.sweep();
    signalled.length = 0;
    const { read } = await deliveryTo(row);
    await starter.sweep();
    expect(signalled).toEqual([]);
    expect(await read()).toMatchObject({ state: 'pending', wants_start: false });
    await deliveryTo(row, { type: 'ticket.updated' });
    await starter.sweep();
    expect(signalled).toEqual([row._id]);
    // It is late: perhaps it was ended.
    await models.Webhook.updateOne({ _id: row._id }, { $set: { asleep_until: new Date() } });
    await deliveryTo(row);
    await starter.sweep();
    expect(signalled).toEqual([row._id, row._id]);
    // Its run ends when nothing is pending. From then on each delivery must start it.
    await models.Webhook.updateOne(
      { _id: row._id },
      { $set: { asleep_until: new Date(Date.now() + 600_000) } },
    );
    await models.WebhookDelivery.updateMany({ webhook_id: row._id }, { $set: { state: 'failed' } });
    expect(await roundOf(row)).toEqual(idle);
    await deliveryTo(row);
    await starter.sweep();
    expect(signalled).toHaveLength(3);
  });
});

test('nothing of personal mail is posted, nor a row that has become personal in the meantime', async () => {
  const { row } = await endpointTo(hook.url);
  const conversation = await rows.conversation(models, { audience: 'owner:dana', owner_id: 'dana' });
  const moved = await deliveryTo(row, {
    type: 'conversation.updated',
    row_id: conversation._id,
    audiences: ['shared'],
  });
  expect(await moved.attempt()).toEqual(idle);
  expect(await moved.read()).toMatchObject({ state: 'cancelled' });
  const contact = await rows.contact(models, { audiences: ['owner:dana'] });
  const known = await deliveryTo(row, { type: 'contact.updated', row_id: contact._id });
  expect(await known.attempt()).toEqual(idle);
  expect(await known.read()).toMatchObject({ state: 'cancelled' });
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
    expect(await attempt()).toEqual(idle);
    const post = JSON.parse(hook.posts.at(-1)!.body) as { data: object };
    expect(post).toMatchObject({ type, data: { id: row_id, ...said } });
  }
});

test('a message waits for its files, ten seconds at most', async () => {
  const { row } = await endpointTo(hook.url);
  const message = await rows.message(models, { subject: 'with a file' });
  const file = await rows.attachment(models, { message_id: message._id, state: 'pending' });
  const about = { type: 'ticket.message_created', row_id: message._id } as const;
  const { attempt, due, read } = await deliveryTo(row, about);
  const round = await attempt();
  expect(round).toMatchObject({ verdict: 'wait', for: 'the next attempt' });
  expect((round as { ms: number }).ms).toBeLessThanOrEqual(1_000);
  expect(await read()).toMatchObject({ attempts: [], claimed_until: null });
  const late = await deliveryTo(row, { ...about, at: new Date(Date.now() - 11_000) });
  await late.attempt();
  expect(await late.read()).toMatchObject({ state: 'delivered' });
  await models.Attachment.updateOne({ _id: file._id }, { $set: { state: 'stored' } });
  await due();
  expect(await attempt()).toEqual(idle);
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
  const stuck = [await deliveryTo(hanging), await deliveryTo(hanging), await deliveryTo(hanging)];
  const hangs = roundOf(hanging);
  await until('two posts that hang', () => hook.posts.length === 2);
  // Another worker may not post to it either, and learns when it may.
  expect(await roundOf(hanging)).toMatchObject({ verdict: 'wait', for: 'its turn', ms: 15_000 });
  expect(await (await deliveryTo(well)).attempt()).toEqual(idle);
  // They hung the whole time.
  expect(held.map(({ writableEnded, destroyed }) => writableEnded || destroyed)).toEqual([false, false]);
  hook.answer = (response) => response.end();
  for (const response of held) response.end();
  expect(await hangs).toEqual(idle);
  for (const { read } of stuck) expect(await read()).toMatchObject({ state: 'delivered' });
});

test('an attempt that ends while the next one is looked for is taken into account', async () => {
  let isHeld = true;
  hook.answer = (r) => void until('the look', () => !isHeld).then(() => r.writeHead(500).end());
  const { row } = await endpointTo(hook.url);
  await deliveryTo(row);
  let free: () => void;
  const freed = new Promise<void>((resolve) => (free = resolve));
  const slots = { take: () => ({ free: () => free() }) };
  let looks = 0;
  /** The second look finds the delivery claimed; its attempt ends before that answer is used. */
  const WebhookDelivery = new Proxy(models.WebhookDelivery, {
    get(model, name) {
      if (name !== 'find') return Reflect.get(model, name) as unknown;
      return (...args: Parameters<typeof model.find>) => {
        const query = model.find(...args);
        const read = query.exec.bind(query);
        query.exec = async () => {
          const found = await read();
          looks += 1;
          if (looks === 2) {
            isHeld = false;
            await freed;
            await new Promise(setImmediate);
          }
          return found;
        };
        return query;
      };
    },
  });
  const own = {
    ...deps,
    models: { ...models, WebhookDelivery },
    post: createPost({ allowLoopback: true }),
    slots,
  };
  const { deliverDue } = createWebhookActivities(own as unknown as EndpointDeps);
  const round = await runStep(deliverDue, { id: row._id });
  expect(looks).toBeGreaterThanOrEqual(2);
  expect(round).toMatchObject({ verdict: 'wait', for: 'the next attempt' });
  expect((round as { ms: number }).ms).toBeLessThanOrEqual(5_500);
});

test('while one post hangs, others that become due are posted', async () => {
  const held: ServerResponse[] = [];
  hook.answer = (response) => void held.push(response);
  const { row } = await endpointTo(hook.url);
  const first = await deliveryTo(row);
  const round = first.attempt();
  await until('a post that hangs', () => held.length === 1);
  hook.answer = (response) => response.end();
  const second = await deliveryTo(row);
  await until('the second', async () => (await second.read()).state === 'delivered');
  expect(await first.read()).toMatchObject({ state: 'pending' });
  held[0]!.end();
  expect(await round).toEqual(idle);
});

test('the run of one delivery, as an earlier version started it, hands it over; a deleted endpoint gets nothing', async () => {
  const { row } = await endpointTo(hook.url);
  const { delivery, read } = await deliveryTo(row);
  await models.WebhookDelivery.updateOne({ _id: delivery._id }, { $set: { wants_start: false } });
  expect(await activities.attemptWebhook({ id: delivery._id, run: 1 })).toMatchObject({
    state: 'superseded',
  });
  expect(await read()).toMatchObject({ wants_start: true, state: 'pending' });
  await models.Webhook.deleteOne({ _id: row._id });
  expect(await roundOf(row)).toEqual({ verdict: 'over', state: 'deleted', tellOwners: false });
  expect(hook.posts).toHaveLength(0);
});
