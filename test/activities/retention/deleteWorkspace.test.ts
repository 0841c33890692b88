import pino from 'pino';
import type { Deps } from '../../../activities/deps.ts';
import { createOperationsActivities } from '../../../activities/index.ts';
import { claimAddress } from '../../../src/core/addresses/platform.ts';
import { claimReceiving } from '../../../src/core/addresses/receiving.ts';
import { memberOf } from '../../../src/core/presenters/visibility.ts';
import { newId } from '../../../src/lib/ids.ts';
import { payloadKey } from '../../../src/infra/archive/keys.ts';
import { createWorld, rows, T0, type World } from '../../api/world.ts';
import { runStep } from '../../support/house.ts';
import { saveReply } from '../../support/replies.ts';

let world: World;
let steps: ReturnType<typeof createOperationsActivities>;
beforeAll(async () => {
  world = await createWorld();
  steps = createOperationsActivities({
    models: world.models,
    storage: world.storage,
    platformDomain: 'postroom.test',
    now: () => new Date(),
    runState: async () => ({ state: 'unknown' }),
    log: pino({ level: 'silent' }),
  } as unknown as Deps);
});
afterAll(() => world[Symbol.asyncDispose]());

const deleteIt = async () => {
  const workspace = { id: 'acme' };
  await runStep(steps.closeWorkspace, workspace);
  return runStep(steps.purgeWorkspace, workspace);
};

const everyModel = () => {
  const { connection } = world.models;
  return connection.modelNames().map((name) => connection.model<{ _id: string }>(name));
};

/** A row of a workspace in each collection, including collections that are added later. */
async function fill(workspace_id: string): Promise<void> {
  for (const model of everyModel().filter(({ schema }) => 'workspace_id' in schema.paths)) {
    const row = { _id: newId() as never, workspace_id, name: `${newId()}.test`, user_id: newId() };
    const mail = { provider: 'mailgun', key: 'mailgun-incoming/2026/11/01/none.json', repeats: [], run: 1 };
    const address = model.modelName === 'PlatformAddress' ? undefined : `${newId()}@postroom.test`;
    await model.collection.insertOne({ ...mail, ...row, address });
  }
}

/** A post with an object, to these inbound emails. */
async function postTo(ids: string[]): Promise<string> {
  const key = payloadKey('mailgun', newId(T0.getTime()));
  const eml = key.replace('.json', '.eml');
  await world.storage.put(eml, 'x');
  const deliveries = ids.map((inbound_id) => ({ recipient: 'r@x.test', inbound_id }));
  const post = { id: 'p', provider: 'mailgun', received_at: T0.toISOString(), content_type: 'x', fields: [] };
  const more = {
    files: [],
    mime: { object: eml, size: 1 },
    content_hash: 'h',
    token_hash: null,
    refused: null,
  };
  await world.storage.put(key, JSON.stringify({ ...post, ...more, deliveries }));
  return key;
}

async function stored(): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ['mailgun-incoming/', 'attachments/'])
    for await (const key of world.storage.list(prefix)) keys.push(key);
  return keys;
}

test('deleting a workspace leaves nothing of it in the database or storage, and touches no other workspace', async () => {
  const { models, storage } = world;
  await fill('acme');
  await fill('other');
  // Olga is in both workspaces; Dana and Max are only in this one.
  await models.Member.create({ _id: 'other/olga', workspace_id: 'other', user_id: 'olga', role: 'owner' });
  const until = { expires_at: new Date(Date.now() + 60_000), created_at: T0 };
  for (const user_id of ['olga', 'dana']) {
    await models.Session.create({ _id: `session of ${user_id}`, user_id, last_seen_at: T0, ...until });
    await models.PasswordLink.create({ _id: `link of ${user_id}`, user_id, workspace_id: null, ...until });
  }
  const reset = {
    kind: 'reset',
    state: 'sent',
    next_try_at: T0,
    wanted_at: T0,
    created_at: new Date(),
  } as const;
  const dana = await models.User.findById('dana').orFail().lean();
  await models.AccessMail.create({ _id: 'reset', email: dana.email, ...reset });
  const [mine, shared, theirs] = [newId(), newId(), newId()];
  const alone = await postTo([mine]);
  const both = await postTo([shared, theirs]);
  for (const state of ['held', 'failed'] as const)
    await rows.inboundEmail(models, {
      _id: state === 'held' ? mine : shared,
      state,
      key: state === 'held' ? alone : both,
    });
  await rows.inboundEmail(models, { _id: theirs, workspace_id: 'other', key: both });
  await storage.put('attachments/acme/m1/a', 'x');
  await storage.put('attachments/acme/uploads/b', 'x');
  await storage.put('attachments/other/m1/a', 'x');
  const receiving = await rows.workspaceEmail(models, { address: 'shop@postroom.test' });
  await claimReceiving(models, receiving);
  const others = async () =>
    Promise.all(everyModel().map((model) => model.collection.countDocuments({ workspace_id: 'other' })));
  const before = await others();

  expect((await deleteIt()).deleted).toBeGreaterThan(15);

  for (const model of everyModel()) {
    const left = await model.collection.find().toArray();
    const mentions = left.filter((row) => /"acme|acme\/|"dana|dana@| of dana/.test(JSON.stringify(row)));
    expect([model.modelName, model.modelName === 'PlatformAddress' ? [] : mentions]).toEqual([
      model.modelName,
      [],
    ]);
  }
  expect(await models.Receiver.countDocuments({ workspace_email_id: receiving._id })).toBe(0);
  expect(await models.Session.distinct('user_id')).toContain('olga');
  expect(await models.PasswordLink.distinct('user_id')).toContain('olga');
  expect((await models.User.distinct('_id')).sort()).toEqual(['olga', 'stranger']);
  expect(await others()).toEqual(before);
  expect((await stored()).sort()).toEqual(
    ['attachments/other/m1/a', both.replace('json', 'eml'), both].sort(),
  );
  for (const token of [world.tokens.olga, world.tokens.dana])
    expect((await world.get('/tickets', token)).status).toBe(401);
});

test('a payload that cannot be read is deleted with its objects, and does not stop the deletion of others', async () => {
  const { models, storage } = world;
  const [broken, whole] = [newId(), newId()];
  const keys = [await postTo([broken]), await postTo([whole])];
  await storage.put(keys[0]!, '{"id": "cut o');
  for (const [n, _id] of [broken, whole].entries())
    await rows.inboundEmail(models, { _id, workspace_id: 'broken', state: 'failed', key: keys[n]! });
  await runStep(steps.purgeWorkspace, { id: 'broken' });
  expect(await models.InboundEmail.countDocuments({ workspace_id: 'broken' })).toBe(0);
  const prefixes = keys.map((key) => key.replace(/json$/, ''));
  expect((await stored()).filter((key) => prefixes.some((start) => key.startsWith(start)))).toEqual([]);
});

test('members have no access and nothing is sent while the workspace is being deleted', async () => {
  const { models } = world;
  for (const workspace_id of ['shut', 'other'])
    await models.Member.create({ _id: `${workspace_id}/ann`, workspace_id, user_id: 'ann', role: 'owner' });
  await models.Workspace.create({ _id: 'shut', name: 'Shut', created_at: T0 });
  const ofShut = { workspace_id: 'shut', state: 'scheduled' } as const;
  const saved = async (workspace_id: string) => {
    const { _id: id } = await rows.ticket(models, { workspace_id });
    return saveReply(world, { kind: 'ticket', id }, { ...ofShut, workspace_id });
  };
  const [reply, other] = [await saved('shut'), await saved('other')];
  await runStep(steps.closeWorkspace, { id: 'shut' });
  expect(await memberOf(models, 'shut', 'ann')).toBeNull();
  expect(await models.Message.findById(reply._id).lean()).toMatchObject({
    state: 'cancelled',
    outbound: { is_open: false, reason: 'It was not sent, because the workspace is being deleted.' },
  });
  expect(await models.Message.findById(other._id).lean()).toMatchObject({ state: 'scheduled' });
  await models.Message.deleteMany({ workspace_id: 'other' });
  await models.Ticket.deleteMany({ workspace_id: 'other' });
  expect(await memberOf(models, 'other', 'ann')).not.toBeNull();
  await runStep(steps.purgeWorkspace, { id: 'shut' });
  expect(await models.Member.distinct('workspace_id', { user_id: 'ann' })).toEqual(['other']);
});

test('its addresses on the platform’s domain are never given to another workspace', async () => {
  expect(await claimAddress(world.models, 'shop@postroom.test', 'other')).toBe(false);
});

test('it is idempotent, also concurrently; the next call deletes what a late step wrote', async () => {
  expect(await deleteIt()).toEqual({ deleted: 0 });
  await rows.message(world.models, {});
  await world.storage.put('attachments/acme/m1/late', 'x');
  const twice = await Promise.all([deleteIt(), deleteIt()]);
  expect(twice[0].deleted + twice[1].deleted).toBeGreaterThanOrEqual(2);
  expect(await world.models.Message.countDocuments({ workspace_id: 'acme' })).toBe(0);
});
