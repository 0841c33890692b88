import { hashToken } from '../../src/lib/tokens.ts';
import { until } from '../support/until.ts';
import { faultsOf, answerOf } from './answers.ts';
import { createWorld, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Made {
  id: string;
  token: string;
  prefix: string;
  scopes: string[];
}
async function make(by: keyof World['tokens'], body: object): Promise<Made> {
  const answer = await world.post('/tokens', world.tokens[by], body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Made;
}
const statusOf = async (asked: Promise<Response>) => (await asked).status;
const listed = async (by: keyof World['tokens']) =>
  ((await (await world.get('/tokens', world.tokens[by])).json()) as { data: Record<string, unknown>[] }).data;

test('a token is shown once, kept as a hash, and can be searched for by its prefix', async () => {
  const created = await make('max', { name: 'CRM', scopes: ['read'] });
  expect(created.token).toMatch(/^postroom_[\w-]{32}$/);
  expect(created).toMatchObject({
    name: 'CRM',
    scopes: ['read'],
    user_id: 'max',
    last_used_at: null,
    expires_at: null,
  });
  const row = await world.models.Token.findById(hashToken(created.token)).lean();
  expect(JSON.stringify(row)).not.toContain(created.token);
  const shown = (await listed('max')).find(({ id }) => id === created.id);
  expect(shown).toEqual({ ...created, token: undefined, created_at: expect.any(String) });
  expect(created.token.startsWith(created.prefix)).toBe(true);
  expect(created.prefix).toHaveLength('postroom_'.length + 6);
});

test('members list their own, owners all of the workspace', async () => {
  await make('dana', { name: 'of Dana' });
  expect(new Set((await listed('dana')).map((row) => row.user_id))).toEqual(new Set(['dana']));
  expect(new Set((await listed('olga')).map((row) => row.user_id))).toEqual(new Set(['olga', 'dana', 'max']));
});

test('it may do what its scopes allow, and nothing else', async () => {
  const statuses = async (scopes: string[]) => {
    const { token } = await make('olga', { scopes });
    return [
      await statusOf(world.get('/tickets', token)),
      // The body is wrong: a 422 shows that the token was accepted.
      await statusOf(world.post('/tickets', token, {})),
      await statusOf(world.post('/emails', token, {})),
      await statusOf(world.post('/tokens', token, { scopes: [] })),
    ];
  };
  expect(await statuses(['read'])).toEqual([200, 403, 403, 403]);
  expect(await statuses(['write'])).toEqual([403, 422, 403, 403]);
  expect(await statuses(['admin'])).toEqual([403, 403, 422, 403]);
  expect(await statuses(['read', 'write', 'admin'])).toEqual([200, 422, 422, 422]);
  const { token } = await make('olga', { scopes: ['read'] });
  const answer = await world.post('/tickets', token, {});
  expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="write"');
});

test('nobody creates a token with more rights than their own', async () => {
  expect(await statusOf(world.post('/tokens', world.tokens.max, { scopes: ['read', 'admin'] }))).toBe(403);
  expect((await make('max', {})).scopes).toEqual(['read', 'write']);
  // When an owner becomes a member, their token loses the rights of owners.
  await using own = await createWorld();
  const answer = await own.post('/tokens', own.tokens.olga, {});
  const { token } = (await answer.json()) as Made;
  expect(await statusOf(own.patch('', token, { undo_seconds: 5 }))).toBe(200);
  await own.models.Member.updateOne({ user_id: 'olga' }, { role: 'member' });
  expect(await statusOf(own.patch('', token, { undo_seconds: 5 }))).toBe(403);
  expect(await statusOf(own.get('/tickets', token))).toBe(200);
});

test('a token that is revoked or expired is 401', async () => {
  const { id, token } = await make('max', { expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  expect(await statusOf(world.get('/tickets', token))).toBe(200);
  await world.models.Token.updateOne({ _id: id }, { expires_at: new Date(Date.now() - 1) });
  const late = await world.get('/tickets', token);
  expect([late.status, late.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('invalid_token'),
  ]);

  const other = await make('max', {});
  expect(await statusOf(world.delete(`/tokens/${other.id}`, world.tokens.dana))).toBe(404);
  expect(await statusOf(world.delete(`/tokens/${other.id}`, world.tokens.stranger))).toBe(404);
  expect(await statusOf(world.get('/tickets', other.token))).toBe(200);
  // An owner can revoke every token.
  expect(await statusOf(world.delete(`/tokens/${other.id}`, world.tokens.olga))).toBe(204);
  expect(await statusOf(world.get('/tickets', other.token))).toBe(401);
  expect(await statusOf(world.delete(`/tokens/${other.id}`, world.tokens.olga))).toBe(404);
  expect((await listed('olga')).some(({ id: listedId }) => listedId === other.id)).toBe(false);
});

test('the time of last use is written, once a minute', async () => {
  const { id, token } = await make('max', {});
  await world.get('/tickets', token);
  const lastUsed = async () => (await world.models.Token.findById(id).lean())?.last_used_at?.getTime();
  const first = await until('its first use', lastUsed);
  await world.get('/tickets', token);
  expect(await lastUsed()).toBe(first);
  await world.models.Token.updateOne({ _id: id }, { last_used_at: T0 });
  await world.get('/tickets', token);
  await until('its next use', async () => ((await lastUsed()) ?? 0) >= first);
});

test.each([
  [{ scopes: [] }, 'scopes'],
  [{ scopes: ['everything'] }, 'scopes.0'],
  [{ scopes: 'read' }, 'scopes'],
  [{ expires_at: 'tomorrow' }, 'expires_at'],
  [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
  [{ name: 'x'.repeat(201) }, 'name'],
  [{ user_id: 'olga' }, 'user_id'],
])('%j is refused, with the field', async (body, field) => {
  expect(await faultsOf(answerOf(world.post('/tokens', world.tokens.max, body)))).toEqual([422, field]);
});

test('a repeated request with an Idempotency-Key creates one token, and shows it again', async () => {
  const asked = () =>
    world.post('/tokens', world.tokens.max, { name: 'once' }, { 'idempotency-key': 'a-key' });
  const [first, second] = [await (await asked()).json(), await (await asked()).json()] as [Made, Made];
  expect(second).toEqual(first);
  expect((await listed('max')).filter(({ name }) => name === 'once')).toHaveLength(1);
  const kept = JSON.stringify(await world.models.KeyedRequest.find());
  expect(kept).toContain('answer');
  expect(kept).not.toContain(first.token);
});

test('of a body with a million wrong fields a few are named, quickly', async () => {
  const scopes = Array.from({ length: 1_000_000 }, () => 1);
  const faults = (body: object) => faultsOf(answerOf(world.post('/tokens', world.tokens.max, body)));
  expect(await faults({ scopes })).toEqual([422, 'scopes']);
  const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`f${n}`, 1]));
  expect(await faults(fields)).toHaveLength(1 + 50);
});
