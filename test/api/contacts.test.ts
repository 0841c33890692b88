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

test('name and notes can be changed with If-Match; the contact is found by the new name', async () => {
  const { _id } = await rows.contact(world.models, {});
  const path = `/contacts/${_id}`;
  const etag = (await world.get(path, dana())).headers.get('etag')!;
  const changed = await patch(path, { name: ' Zoë  Ångström ', notes: 'likes\nowls' }, { 'if-match': etag });
  expect(changed).toMatchObject({ status: 200, body: { name: 'Zoë  Ångström', notes: 'likes\nowls' } });
  expect((await patch(path, { name: 'x' }, { 'if-match': etag })).status).toBe(412);
  const matches = await answerOf(world.get('/contacts?q=zoe%20ang', dana()));
  expect(matches.body.data.map(({ id }) => id)).toEqual([_id]);
  expect(await faultsOf(patch(path, { name: 'a\nb', notes: 'x'.repeat(10_001), email: 'e' }))).toEqual([
    ...[422, 'name', 'notes', 'email'],
  ]);
  const hidden = await rows.contact(world.models, { audiences: ['owner:max'], words: ['zoe', 'angle'] });
  expect((await patch(`/contacts/${hidden._id}`, { name: 'x' })).status).toBe(404);
  expect((await answerOf(world.get('/contacts?q=angle', dana()))).body.data).toEqual([]);
});

test('blocking and unblocking are idempotent', async () => {
  const { _id } = await rows.contact(world.models, {});
  const blocked = await post(`/contacts/${_id}/block`);
  expect(blocked).toMatchObject({ status: 200, body: { blocked_at: expect.any(String) as string } });
  expect((await post(`/contacts/${_id}/block`)).body).toEqual(blocked.body);
  expect((await post(`/contacts/${_id}/unblock`)).body).toMatchObject({ blocked_at: null });
});

test('a merge joins threads, addresses, name and notes', async () => {
  const first = await rows.contact(world.models, { audiences: ['owner:max', 'shared'], notes: 'a' });
  const second = await rows.contact(world.models, { name: '', notes: 'b' });
  const ticket = await rows.ticket(world.models, { contact_id: first._id });
  const maxs = { audience: 'owner:max', owner_id: 'max', contact_id: first._id };
  const personal = await rows.conversation(world.models, maxs);
  const merged = await post(`/contacts/${first._id}/merge`, { into: second._id });
  const shown = { id: second._id, name: 'Ann', notes: 'b\n\na', other_emails: [first.email] };
  expect(merged).toMatchObject({ status: 200, body: shown });
  expect((await post(`/contacts/${first._id}/merge`, { into: second._id })).body).toEqual(merged.body);
  expect(await answerOf(world.get(`/contacts/${first._id}`, dana()))).toMatchObject({
    status: 404,
    body: { merged_into: second._id },
  });
  for (const path of [`/tickets/${ticket._id}`, `/conversations/${personal._id}`])
    expect((await answerOf(world.get(path, world.tokens.max))).body.contact.id).toBe(second._id);
  const { body } = await answerOf(world.get('/contacts', dana()));
  expect(body.data.map(({ id }) => id)).not.toContain(first._id);
});

test('a contact that is known only through personal mail cannot be merged, and nothing of it is shown', async () => {
  const createContact = (email: string, audiences: string[]) =>
    rows.contact(world.models, { email, audiences, notes: `of ${email}`, words: [email.split('@')[0]!] });
  const everybodys = await createContact('wide@x.test', ['tickets']);
  const alone = await createContact('alone@x.test', ['owner:dana']);
  const both = await createContact('both@x.test', ['owner:dana', 'owner:max']);
  const maxs = { audience: 'owner:max', owner_id: 'max', contact_id: both._id };
  const conversation = await rows.conversation(world.models, maxs);
  const merge = (from: { _id: string }, into: { _id: string }) =>
    post(`/contacts/${from._id}/merge`, { into: into._id });
  const refusals = [];
  for (const personal of [alone, both]) {
    const [from, into] = [await merge(personal, everybodys), await merge(everybodys, personal)];
    expect([from.status, into.status, into.body.errors?.[0]?.field]).toEqual([409, 422, 'into']);
    refusals.push([from.body, into.body]);
  }
  // From this Dana cannot tell whether Max has mail of the contact.
  expect(refusals[1]).toEqual(refusals[0]);
  expect((await merge(alone, both)).body).toEqual((await merge(both, alone)).body);
  const { max } = world.tokens;
  expect((await answerOf(world.get(`/contacts/${everybodys._id}`, max))).body).toMatchObject({
    notes: 'of wide@x.test',
    other_emails: [],
  });
  expect((await answerOf(world.get('/contacts?q=alone', max))).body.data).toEqual([]);
  expect((await world.get(`/contacts/${both._id}`, max)).status).toBe(200);
  expect(await world.models.Conversation.findById(conversation._id).lean()).toMatchObject({
    contact_id: both._id,
    changes: 0,
  });
});

test('a contact that was blocked stays blocked after a merge', async () => {
  const blocked_at = new Date(0);
  const merged = async (first: object, second: object) => {
    const [from, into] = [await rows.contact(world.models, first), await rows.contact(world.models, second)];
    return (await post(`/contacts/${from._id}/merge`, { into: into._id })).body;
  };
  expect(await merged({ blocked_at }, {})).toMatchObject({ blocked_at: blocked_at.toISOString() });
  expect(await merged({}, { blocked_at })).toMatchObject({ blocked_at: blocked_at.toISOString() });
  expect(await merged({}, {})).toMatchObject({ blocked_at: null });
});

test('a contact is merged only with a visible one, and not in a circle', async () => {
  const createContact = async (row: object = {}) => (await rows.contact(world.models, row))._id;
  const [a, b, hidden] = [
    await createContact(),
    await createContact(),
    await createContact({ audiences: ['owner:max'] }),
  ];
  const merge = (from: string, into: string) => post(`/contacts/${from}/merge`, { into });
  for (const into of [a, hidden, 'none']) expect(await faultsOf(merge(a, into))).toEqual([422, 'into']);
  expect((await merge(hidden, a)).status).toBe(404);
  const both = await Promise.all([merge(a, b), merge(b, a)]);
  expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  const [left] = await world.models.Contact.find({
    _id: { $in: [a, b] },
    merged_into: { $exists: false },
  }).lean();
  const c = await createContact();
  expect((await merge(left!._id, c)).status).toBe(200);
  expect(await world.models.Contact.countDocuments({ workspace_id: 'acme', merged_into: c })).toBe(2);
});
