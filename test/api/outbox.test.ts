import mongoose from 'mongoose';
import { createIndexes, createModels } from '../../src/infra/models/index.ts';
import { newId } from '../../src/lib/ids.ts';
import { examinedBy } from '../support/examined.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';
import { saveReply } from '../support/replies.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  const connection = await mongoose
    .createConnection(freshDatabaseUri(), { monitorCommands: true })
    .asPromise();
  const models = createModels(connection);
  await createIndexes(models);
  world = await createWorld({ models });
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => world.models.Message.deleteMany({}));

type State = NonNullable<Parameters<typeof saveReply>[2]>['state'];
async function reply(state: State, at = T0, audience = 'tickets') {
  const kind = audience === 'tickets' ? 'ticket' : 'conversation';
  const { _id } =
    kind === 'ticket'
      ? await rows.ticket(world.models, { subject: 'Order' })
      : await rows.conversation(world.models, { subject: 'Order', audience });
  const { _id: id } = await saveReply(
    world,
    { kind, id: _id, audience },
    { workspace_id: 'acme', state, created_at: at },
  );
  return { id, thread: _id };
}
const outbox = async (query = '', token = world.tokens.dana) =>
  (await answerOf(world.get(`/outbox${query}`, token))).body.data;

test('has what failed, what is unclear and what waits, newest first, with its thread and no body', async () => {
  const later = (n: number) => new Date(T0.getTime() + n);
  const states = ['failed', 'unconfirmed', 'scheduled', 'queued', 'sending'] as const;
  const made = [];
  for (const [n, state] of states.entries()) made.unshift(await reply(state, later(n)));
  for (const state of ['sent', 'delivered', 'cancelled'] as const) await reply(state);
  const listed = await outbox();
  expect(listed.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
  const [first] = listed;
  expect(first).toMatchObject({
    state: 'sending',
    preview: 'It arrives tomorrow.',
    thread: { kind: 'ticket', id: made[0]!.thread, number: expect.any(Number), subject: 'Order' },
  });
  expect(first).not.toHaveProperty('text');
  expect(first).not.toHaveProperty('html');
  expect((await outbox('?state=failed,unconfirmed')).map(({ state }) => state)).toEqual([
    'unconfirmed',
    'failed',
  ]);
  expect(await faultsOf(answerOf(world.get('/outbox?state=sent', world.tokens.dana)))).toEqual([
    422,
    'state',
  ]);
});

test('hides the personal mail of others, and other workspaces', async () => {
  const { id } = await reply('failed', T0, 'owner:dana');
  await reply('failed', T0, 'owner:max');
  const { _id } = await rows.ticket(world.models, { workspace_id: 'other' });
  await saveReply(world, { kind: 'ticket', id: _id }, { workspace_id: 'other', state: 'failed' });
  expect((await outbox()).map((row) => row.id)).toEqual([id]);
});

test('a page examines no more than its rows', async () => {
  for (let n = 0; n < 40; n += 1) {
    const states = ['failed', 'sent', 'queued', 'delivered'] as const;
    const audience = ['tickets', 'shared', 'owner:dana', 'owner:max'][n % 4]!;
    const at = new Date(T0.getTime() + n);
    await rows.message(world.models, {
      _id: newId(),
      direction: 'outbound',
      state: states[(n >> 2) % 4]!,
      audience,
      created_at: at,
      outbound: { send_at: null, due_at: at, state_at: at, deliveries: [], bcc: [], is_open: false } as never,
    });
  }
  let cursor = '';
  for (const page of [1, 2]) {
    const examined = await examinedBy(world.models.connection, async () => {
      const answer = await answerOf(world.get(`/outbox?limit=5${cursor}`, world.tokens.dana));
      const { data, next_cursor } = answer.body as unknown as { data: Body[]; next_cursor: string };
      expect(data).toHaveLength(5);
      cursor = `&cursor=${next_cursor}`;
    });
    const docs = examined.filter(({ collection }) => collection === 'messages').map((one) => one.docs);
    expect([page, docs, docs.length > 0 && Math.max(...docs) <= 7]).toEqual([page, docs, true]);
  }
});
