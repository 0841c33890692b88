import { startFollower, type Follower } from '../support/follow.ts';
import { until } from '../support/until.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
let follower: Follower;
beforeAll(async () => {
  world = await createWorld();
  follower = await startFollower(world.models);
});
afterAll(async () => {
  await follower.stop();
  await world[Symbol.asyncDispose]();
});

interface Hook {
  id: string;
  secret: string;
}
const make = async (body: object = {}): Promise<Hook> => {
  const all = {
    url: 'https://example.com/hook',
    events: ['ticket.created', 'conversation.created'],
    ...body,
  };
  const answer = await world.post('/webhooks', world.tokens.olga, all);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Hook;
};
const deliveries = (webhook_id: string) => world.models.WebhookDelivery.find({ webhook_id }).lean();
const remove = (id: string) => world.delete(`/webhooks/${id}`, world.tokens.olga);

test('a secret is shown once; later only a new one can be had', async () => {
  const { id, secret } = await make({ description: 'CRM' });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  const read = await (await world.get(`/webhooks/${id}`, world.tokens.olga)).json();
  expect(read).toMatchObject({ id, active: true, description: 'CRM', url: 'https://example.com/hook' });
  expect(read).not.toHaveProperty('secret');
  const rotated = (await (
    await world.post(`/webhooks/${id}/rotate-secret`, world.tokens.olga)
  ).json()) as Hook;
  expect(rotated.secret).not.toBe(secret);
  expect(rotated).toMatchObject({ old_secret_until: expect.any(String) as string });
  expect((await remove(id)).status).toBe(204);
  expect((await world.get(`/webhooks/${id}`, world.tokens.olga)).status).toBe(404);
});

test('a request whose process died is carried out again: one endpoint, and the secret that was shown still signs', async () => {
  const { KeyedRequest, Webhook } = world.models;
  const twice = async (path: string, body?: object) => {
    const headers = { 'idempotency-key': `twice ${path}`.replace(/\W/g, '-') };
    const ask = () => world.post(path, world.tokens.olga, body, headers);
    const first = await ask();
    await KeyedRequest.updateMany({}, { $set: { answer: null, working_until: new Date(0) } });
    const second = await ask();
    expect([first.status, second.status]).toEqual([second.status, first.status]);
    return [(await first.json()) as Hook, (await second.json()) as Hook] as const;
  };
  const body = { url: 'https://example.com/twice', events: ['ticket.created'] };
  const [first, second] = await twice('/webhooks', body);
  expect(second.id).toBe(first.id);
  const sealed = () => Webhook.findById(first.id).orFail().lean();
  const { secret } = await sealed();
  await twice(`/webhooks/${first.id}/rotate-secret`);
  expect((await sealed()).old_secret).toBe(secret);
  const [one, two] = await twice(`/webhooks/${first.id}/test`);
  expect(two.id).toBe(one.id);
  await remove(first.id);
});

test.each<[string, object]>([
  ['url', { url: 'https://127.0.0.1/' }],
  ['url', { url: 'http://example.com/' }],
  ['url', { url: 7 }],
  ['events', { events: [] }],
  ['events.0', { events: ['ticket.exploded'] }],
  ['secret', { secret: 'mine' }],
])('a wrong `%s` is 422', async (field, body) => {
  const all = { url: 'https://example.com/', events: ['ticket.created'], ...body };
  const answer = await world.post('/webhooks', world.tokens.olga, all);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ errors: [{ field }] });
});

test('webhooks are for owners only, and of their workspace only', async () => {
  const { id } = await make();
  for (const path of ['/webhooks', `/webhooks/${id}`, `/webhooks/${id}/deliveries`]) {
    expect((await world.get(path, world.tokens.dana)).status).toBe(403);
    expect((await world.get(path)).status).toBe(401);
    expect((await world.get(path, world.tokens.stranger)).status).toBe(404);
  }
  for (const path of ['test', 'replay', 'rotate-secret'])
    expect((await world.post(`/webhooks/${id}/${path}`, world.tokens.dana, {})).status).toBe(403);
  const { _id } = await world.models.Webhook.create({
    ...(await world.models.Webhook.findById(id).orFail().lean()),
    _id: 'foreign',
    workspace_id: 'other',
  });
  expect((await world.get(`/webhooks/${_id}`, world.tokens.olga)).status).toBe(404);
  await world.models.Webhook.deleteOne({ _id });
  await remove(id);
});

test('events go to existing endpoints that ask for them; personal events go to none', async () => {
  await rows.ticket(world.models, {});
  const { id } = await make();
  const { id: off } = await make();
  await world.patch(`/webhooks/${off}`, world.tokens.olga, { active: false });
  expect(await deliveries(id)).toEqual([]);
  await rows.conversation(world.models, { audience: 'owner:olga', owner_id: 'olga' });
  await rows.ticket(world.models, { workspace_id: 'other' });
  const contact = await rows.contact(world.models, {});
  const ticket = await rows.ticket(world.models, {});
  const [delivery] = await until('a delivery', async () => {
    const sentDeliveries = await deliveries(id);
    return sentDeliveries.length > 0 && sentDeliveries;
  });
  const event = await world.models.Event.findById(delivery!.event_id).lean();
  expect(event).toMatchObject({ type: 'ticket.created', row_id: ticket._id });
  expect(await world.models.Event.exists({ row_id: contact._id })).not.toBeNull();
  expect(await deliveries(id)).toHaveLength(1);
  expect(await deliveries(off)).toEqual([]);
  await until('its run to be asked for', () => follower.started.includes(delivery!._id));

  const path = `/webhooks/${id}/deliveries/${delivery!._id}`;
  expect((await world.post(`${path}/retry`, world.tokens.olga)).status).toBe(409);
  await world.models.WebhookDelivery.updateOne({ _id: delivery!._id }, { $set: { state: 'delivered' } });
  expect((await world.post(`${path}/retry`, world.tokens.olga)).status).toBe(202);
  expect(world.asked.deliver.at(-1)).toBe(delivery!._id);
  expect(await world.models.WebhookDelivery.findById(delivery!._id).lean()).toMatchObject({
    run: 2,
    by_hand: true,
    wants_start: true,
  });
  expect(await (await world.get(path, world.tokens.olga)).json()).toMatchObject({
    state: 'pending',
    attempts: [],
  });
  await Promise.all([remove(id), remove(off)]);
});

test('a test has no data; a replay sends missed events, and sent ones again', async () => {
  const since = new Date();
  const missed = await rows.ticket(world.models, {});
  await until('its event', () => world.models.Event.exists({ row_id: missed._id }));
  const { id } = await make();
  const tried = await world.post(`/webhooks/${id}/test`, world.tokens.olga);
  expect(tried.status).toBe(202);
  expect(await tried.json()).toMatchObject({ type: 'webhook.test', event_id: null });
  const replay = (body: object) => world.post(`/webhooks/${id}/replay`, world.tokens.olga, body);
  expect((await replay({ since: 'yesterday' })).status).toBe(422);
  expect(await (await replay({ since })).json()).toEqual({ sent: 1, next_since: null });
  // A delivery that is being sent is not started a second time.
  expect(await (await replay({ since })).json()).toEqual({ sent: 0, next_since: null });
  await world.models.WebhookDelivery.updateMany({ webhook_id: id }, { $set: { state: 'failed' } });
  expect(await (await replay({ since })).json()).toEqual({ sent: 1, next_since: null });
  expect(await world.models.WebhookDelivery.findById(world.asked.deliver.at(-1)).lean()).toMatchObject({
    run: 2,
    by_hand: false,
  });
  expect(await deliveries(id)).toHaveLength(2);
  await world.patch(`/webhooks/${id}`, world.tokens.olga, { active: false });
  expect((await replay({ since })).status).toBe(409);
  expect((await world.post(`/webhooks/${id}/test`, world.tokens.olga)).status).toBe(409);
  await remove(id);
  expect(await deliveries(id)).toEqual([]);
});

test('without SECRETS_KEY there can be no webhooks: 503', async () => {
  await using keyless = await createWorld({
    config: {
      publicUrl: '',
      urlSecret: 'x'.repeat(32),
      platformDomain: 'postroom.test',
      secretsKey: null,
      apiRequestsPerMinute: 1_000,
      temporal: { address: null, namespace: 'mail', uiUrl: null },
      webhooksAllowLoopback: false,
    },
  });
  const body = { url: 'https://example.com/', events: ['ticket.created'] };
  expect((await keyless.post('/webhooks', keyless.tokens.olga, body)).status).toBe(503);
});
