import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const dana = () => world.tokens.dana;
const post = (path: string, body?: unknown) => answerOf(world.post(path, dana(), body));
const patch = (path: string, body: unknown, headers?: Record<string, string>) =>
  answerOf(world.patch(path, dana(), body, headers));

test('name and notes are changed, on what was read; the name is found', async () => {
  const { _id } = await rows.contact(world.models, {});
  const path = `/contacts/${_id}`;
  const etag = (await world.get(path, dana())).headers.get('etag')!;
  const changed = await patch(path, { name: ' Zoë  Ångström ', notes: 'likes\nowls' }, { 'if-match': etag });
  expect(changed).toMatchObject({ status: 200, body: { name: 'Zoë  Ångström', notes: 'likes\nowls' } });
  expect((await patch(path, { name: 'x' }, { 'if-match': etag })).status).toBe(412);
  const found = await answerOf(world.get('/contacts?q=zoe%20ang', dana()));
  expect(found.body.data.map(({ id }) => id)).toEqual([_id]);
  expect(await faultsOf(patch(path, { name: 'a\nb', notes: 'x'.repeat(10_001), email: 'e' }))).toEqual([
    ...[422, 'name', 'notes', 'email'],
  ]);
  const hidden = await rows.contact(world.models, { audiences: ['owner:max'], words: ['zoe', 'angle'] });
  expect((await patch(`/contacts/${hidden._id}`, { name: 'x' })).status).toBe(404);
  expect((await answerOf(world.get('/contacts?q=angle', dana()))).body.data).toEqual([]);
});

test('blocked and unblocked, any number of times', async () => {
  const { _id } = await rows.contact(world.models, {});
  const blocked = await post(`/contacts/${_id}/block`);
  expect(blocked).toMatchObject({ status: 200, body: { blocked_at: expect.any(String) as string } });
  expect((await post(`/contacts/${_id}/block`)).body).toEqual(blocked.body);
  expect((await post(`/contacts/${_id}/unblock`)).body).toMatchObject({ blocked_at: null });
});

test('two are merged: threads, address, where they are known; what is only one person’s stays so', async () => {
  const first = await rows.contact(world.models, { audiences: ['owner:dana'], name: 'Ann', notes: 'a' });
  const second = await rows.contact(world.models, { audiences: ['shared'], name: '', notes: 'b' });
  const ticket = await rows.ticket(world.models, { contact_id: first._id });
  const merged = await post(`/contacts/${first._id}/merge`, { into: second._id });
  const shown = { id: second._id, name: 'Ann', notes: 'b\n\na', other_emails: [first.email] };
  expect(merged).toMatchObject({ status: 200, body: shown });
  expect((await post(`/contacts/${first._id}/merge`, { into: second._id })).body).toEqual(merged.body);
  expect(await answerOf(world.get(`/contacts/${first._id}`, dana()))).toMatchObject({
    ...{ status: 404, body: { merged_into: second._id } },
  });
  expect((await answerOf(world.get(`/tickets/${ticket._id}`, dana()))).body.contact.id).toBe(second._id);
  const forMax = await answerOf(world.get(`/contacts/${second._id}`, world.tokens.max));
  expect(forMax.body).toMatchObject({ id: second._id, other_emails: [] });
  const { body } = await answerOf(world.get('/contacts', dana()));
  expect(body.data.map(({ id }) => id)).not.toContain(first._id);
});

test('merged only with one that is seen, and not in a ring', async () => {
  const made = async (row: object = {}) => (await rows.contact(world.models, row))._id;
  const [a, b, hidden] = [await made(), await made(), await made({ audiences: ['owner:max'] })];
  const merge = (from: string, into: string) => post(`/contacts/${from}/merge`, { into });
  for (const into of [a, hidden, 'none']) expect(await faultsOf(merge(a, into))).toEqual([422, 'into']);
  expect((await merge(hidden, a)).status).toBe(404);
  const both = await Promise.all([merge(a, b), merge(b, a)]);
  expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  const [left] = await world.models.Contact.find({
    _id: { $in: [a, b] },
    merged_into: { $exists: false },
  }).lean();
  const c = await made();
  expect((await merge(left!._id, c)).status).toBe(200);
  expect(await world.models.Contact.countDocuments({ workspace_id: 'acme', merged_into: c })).toBe(2);
});
