import { newId } from '../../src/lib/ids.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type Row = Body & Record<string, unknown>;
const post = async (path: string, body: object, token = world.tokens.max, headers = {}) =>
  (await answerOf(world.post(path, token, body, headers))) as { status: number; body: Row };
const list = async (path: string, token: string) =>
  (await answerOf(world.get(path, token))).body.data as unknown as Row[];
const VIEW = { name: 'Mine', query: { any: [{ status: 'open,pending', agent_id: 'me' }, { tag: 'vip' }] } };
const SNIPPET = { name: 'Greeting', text: 'Hello {{contact.first_name}}' };

describe.each([
  ['/snippets', SNIPPET, { name: 'Bye' }],
  ['/views', VIEW, { sort: 'created_at' }],
])('%s', (path, body, change) => {
  test('are the user’s own, and everybody’s where they are shared', async () => {
    const own = await post(path, body);
    const shared = await post(path, { ...body, shared: true });
    expect([own.status, own.body.shared, shared.body.shared]).toEqual([201, false, true]);
    const seen = async (token: string) => {
      const ids = (await list(path, token)).map(({ id }) => id);
      return [ids.includes(own.body.id), ids.includes(shared.body.id)];
    };
    expect([await seen(world.tokens.max), await seen(world.tokens.olga)]).toEqual([
      [true, true],
      [false, true],
    ]);
    const patch = (id: string, token: string) => world.patch(`${path}/${id}`, token, change);
    expect((await patch(own.body.id, world.tokens.olga)).status).toBe(404);
    expect((await world.delete(`${path}/${own.body.id}`, world.tokens.olga)).status).toBe(404);
    expect((await patch(shared.body.id, world.tokens.olga)).status).toBe(200);
    expect(await answerOf(patch(own.body.id, world.tokens.max))).toMatchObject({ status: 200, body: change });
    expect((await world.delete(`${path}/${own.body.id}`, world.tokens.max)).status).toBe(204);
    expect((await world.delete(`${path}/${own.body.id}`, world.tokens.max)).status).toBe(404);
  });

  test('are made once with a key, and honour If-Match', async () => {
    const key = { 'idempotency-key': newId() };
    const made = [
      await post(path, body, world.tokens.max, key),
      await post(path, body, world.tokens.max, key),
    ];
    expect(made[0]!.body.id).toBe(made[1]!.body.id);
    const first = await world.patch(`${path}/${made[0]!.body.id}`, world.tokens.max, { name: 'A' });
    const tag = { 'if-match': first.headers.get('etag')! };
    const again = () => world.patch(`${path}/${made[0]!.body.id}`, world.tokens.max, { name: 'B' }, tag);
    expect([(await again()).status, (await again()).status]).toEqual([200, 412]);
  });
});

describe('a snippet', () => {
  test('has sanitised HTML, and the text is made from it', async () => {
    const html = '<p onclick="x()">Hi <b>{{contact.name}}</b></p><script>x</script>';
    const { body } = await post('/snippets', {
      name: 'A',
      shortcut: 'hi',
      html,
      changes: { status: 'closed', tags: ['A'] },
    });
    expect(body).toMatchObject({
      shortcut: 'hi',
      html: '<p>Hi <b>{{contact.name}}</b></p>',
      text: 'Hi {{contact.name}}',
      changes: { status: 'closed', tags: ['a'] },
    });
    const changed = await answerOf(
      world.patch(`/snippets/${body.id}`, world.tokens.max, { html: '<i>Bye</i>', changes: null }),
    );
    expect(changed.body).toMatchObject({ html: '<i>Bye</i>', text: 'Bye', changes: null });
  });

  test.each<[object, string]>([
    [{ name: 'x' }, 'text'],
    [{ name: '', text: 'x' }, 'name'],
    [{ name: 'x', text: 'x'.repeat(100_001) }, 'text'],
    [{ name: 'x', text: 'x', shortcut: 'a b' }, 'shortcut'],
    [{ name: 'x', text: 'x', changes: { status: 'x' } }, 'changes.status'],
    [{ name: 'x', text: 'x', changes: { subject: 'x' } }, 'subject'],
  ])('%#: is 422 with its field', async (body, field) => {
    expect(await faultsOf(post('/snippets', body))).toEqual([422, field]);
  });
});

test.each<[unknown, string]>([
  [{ any: [] }, 'query.any'],
  [{ any: [{ status: 'done' }] }, 'query.any.0.status'],
  [{ any: [{ nothing: 'x' }] }, 'query.any.0.nothing'],
  [{ any: [{ unread: true }] }, 'query.any.0.unread'],
  [{ any: Array.from({ length: 11 }, () => ({})) }, 'query.any'],
])('a view with wrong conditions is 422: %j', async (query, field) => {
  expect(await faultsOf(post('/views', { name: 'x', query }))).toEqual([422, field]);
});

describe('members/me', () => {
  const me = async (token = world.tokens.dana) => (await answerOf(world.get('/members/me', token))).body;

  test('has settings that the user changes, and nobody else’s', async () => {
    expect(await me()).toEqual({
      id: 'dana',
      email: 'dana@people.test',
      name: 'dana',
      role: 'member',
      signature: null,
      keys_on: true,
      next_after_close: true,
      theme: 'system',
      notifications: { mail: false, desktop: false },
    });
    const change = {
      name: 'Dana D.',
      signature: '<p>Dana<script>x</script></p>',
      keys_on: false,
      theme: 'dark',
      notifications: { desktop: true, mail: true },
    };
    const { status, body } = await answerOf(world.patch('/members/me', world.tokens.dana, change));
    const after = { ...change, signature: '<p>Dana</p>', next_after_close: true };
    expect([status, body]).toMatchObject([200, after]);
    expect(await me()).toEqual(body);
    expect(await me(world.tokens.max)).toMatchObject({ id: 'max', name: 'max', keys_on: true });
    const mail = await answerOf(world.get('/notifications/settings', world.tokens.dana));
    expect(mail.body).toEqual({ mail: true });
    await world.patch('/members/me', world.tokens.dana, { signature: ' ' });
    expect(await me()).toMatchObject({ signature: null, theme: 'dark' });
  });

  test.each<[object, string]>([
    [{ name: '' }, 'name'],
    [{ theme: 'pink' }, 'theme'],
    [{ role: 'owner' }, 'role'],
    [{ notifications: { sms: true } }, 'sms'],
  ])('%j is 422', async (body, field) => {
    const [status, named] = await faultsOf(answerOf(world.patch('/members/me', world.tokens.dana, body)));
    expect([status, named]).toEqual([422, field]);
  });
});

test('an address has a signature, which owners set', async () => {
  const { _id } = await rows.workspaceEmail(world.models, { proved_at: T0 });
  const patch = (signature: string | null) =>
    answerOf(world.patch(`/emails/${_id}`, world.tokens.olga, { signature }));
  expect((await patch('<p>Acme<script>x</script></p>')).body).toMatchObject({ signature: '<p>Acme</p>' });
  expect((await answerOf(world.get(`/emails/${_id}`, world.tokens.max))).body).toMatchObject({
    signature: '<p>Acme</p>',
  });
  expect((await patch(null)).body).toMatchObject({ signature: null });
});
