import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
  // Above the numbers that the rows of this file have.
  await world.models.Workspace.updateOne({ _id: 'acme' }, { last_ticket_number: 100_000 });
});
afterAll(() => world[Symbol.asyncDispose]());

const dana = () => world.tokens.dana;
const post = (path: string, body?: unknown, headers?: Record<string, string>, token = dana()) =>
  answerOf(world.post(path, token, body, headers));

describe('merging', () => {
  test('answers with the second thread; the 404 of the first says where its messages are', async () => {
    const [a, b] = [await askedTicket(world), await askedTicket(world)];
    const merged = await post(`/tickets/${a}/merge`, { into: b });
    expect([merged.status, merged.body.id]).toEqual([200, b]);
    const list = await answerOf(world.get(`/tickets/${b}/messages`, dana()));
    expect(list.body.data).toHaveLength(2);
    for (const path of [`/tickets/${a}`, `/tickets/${a}/messages`])
      expect(await answerOf(world.get(path, dana()))).toMatchObject({
        status: 404,
        body: { merged_into: b, merged_kind: 'ticket', merged_number: merged.body.number },
      });
    // A repeated request succeeds; a merge into another thread is no longer possible.
    expect((await post(`/tickets/${a}/merge`, { into: b })).body.id).toBe(b);
    const c = await askedTicket(world);
    expect((await post(`/tickets/${a}/merge`, { into: c })).status).toBe(404);
    for (const trash of ['', '?trash=true', '?spam=any']) {
      const { body } = await answerOf(world.get(`/tickets${trash}`, dana()));
      expect(body.data.map(({ id }) => id)).not.toContain(a);
    }
  });

  test('joins only threads that the user sees, of one kind and audience', async () => {
    const createConversation = async (row: object) => (await rows.conversation(world.models, row))._id;
    const shared = await createConversation({});
    const own = await createConversation({ audience: 'owner:dana', owner_id: 'dana' });
    const own2 = await createConversation({ audience: 'owner:dana', owner_id: 'dana' });
    const others = await createConversation({ audience: 'owner:max', owner_id: 'max' });
    const trashed = await createConversation({ deleted_at: T0, hidden: 'trash' });
    const foreign = await createConversation({ workspace_id: 'other' });
    const ticket = await askedTicket(world);
    const into = (from: string, second: unknown) => post(`/conversations/${from}/merge`, { into: second });
    for (const second of [shared, own, others, trashed, foreign, ticket, 'none', 7])
      expect(await faultsOf(into(shared, second))).toEqual([422, 'into']);
    for (const first of [others, trashed, foreign, ticket])
      expect((await into(first, shared)).status).toBe(404);
    expect((await into(own, own2)).body.id).toBe(own2);
    expect((await answerOf(world.get(`/conversations/${own}`, world.tokens.max))).body).not.toHaveProperty(
      'merged_into',
    );
  });
});

test('a message is moved into a ticket of its own, once for each key', async () => {
  const a = await askedTicket(world, { workspace_email_id: 'support@acme.test' });
  const second = await rows.message(world.models, {
    thread_id: a,
    subject: 'Another thing',
    text: 'unicorn',
  });
  const path = `/tickets/${a}/messages/${second._id}/move`;
  const key = { 'idempotency-key': 'move-1' };
  const created = await post(path, undefined, key);
  expect(created).toMatchObject({ status: 201, body: { subject: 'Another thing', status: 'open' } });
  expect(created.body.workspace_email).toMatchObject({ id: 'support@acme.test' });
  const replayed = await world.post(path, dana(), undefined, key);
  expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  expect(await replayed.json()).toEqual(created.body);
  expect((await post(path)).status).toBe(404);
  const movedMessages = await answerOf(world.get(`/tickets/${created.body.id}/messages`, dana()));
  expect(movedMessages.body.data.map(({ id }) => id)).toEqual([second._id]);
  const [only] = (await answerOf(world.get(`/tickets/${a}/messages`, dana()))).body.data;
  expect((await post(`/tickets/${a}/messages/${only!.id}/move`)).status).toBe(409);
});

test('a message is moved into another ticket that the user sees, once; nothing else is', async () => {
  const [a, b] = [await askedTicket(world), await askedTicket(world)];
  const { _id } = await rows.message(world.models, { thread_id: a, text: 'unicorn' });
  const path = `/tickets/${a}/messages/${_id}/move-into`;
  const { _id: trashed } = await rows.ticket(world.models, { deleted_at: T0, hidden: 'trash' });
  const { _id: foreign } = await rows.ticket(world.models, { workspace_id: 'other' });
  for (const into of [a, trashed, foreign, 'none', 7])
    expect(await faultsOf(post(path, { into }))).toEqual([422, 'into']);
  expect(await post(path, { into: b })).toMatchObject({ status: 200, body: { id: b } });
  const moved = await answerOf(world.get(`/tickets/${b}/messages`, dana()));
  expect(moved.body.data.map(({ id }) => id)).toContain(_id);
  expect(await post(path, { into: b })).toMatchObject({ status: 200, body: { id: b } });
  expect((await post(path, { into: await askedTicket(world) })).status).toBe(404);
  const [only] = (await answerOf(world.get(`/tickets/${a}/messages`, dana()))).body.data;
  expect((await post(`/tickets/${a}/messages/${only!.id}/move-into`, { into: b })).status).toBe(409);
});

test('only its owner makes a ticket of a personal conversation, which then answers as an address of the workspace', async () => {
  const contact = await rows.contact(world.models, { audiences: ['owner:dana'] });
  const { _id } = await rows.conversation(world.models, {
    audience: 'owner:dana',
    owner_id: 'dana',
    agent_id: 'dana',
    contact_id: contact._id,
    workspace_email_id: 'dana@acme.test',
  });
  await rows.message(world.models, { thread_kind: 'conversation', thread_id: _id, audience: 'owner:dana' });
  const path = `/conversations/${_id}/move-to-ticket`;
  for (const token of [world.tokens.max, world.tokens.olga])
    expect((await post(path, undefined, {}, token)).status).toBe(404);
  const created = await post(path);
  expect(created).toMatchObject({
    status: 201,
    body: { number: expect.any(Number) as number, agent_id: 'dana' },
  });
  expect(created.body.workspace_email).toMatchObject({ address: 'support@acme.test' });
  const seen = await answerOf(world.get(`/tickets/${created.body.id}/messages`, world.tokens.max));
  expect(seen.body.data).toHaveLength(1);
  expect((await world.get(`/contacts/${contact._id}`, world.tokens.max)).status).toBe(200);
  expect(await answerOf(world.get(`/conversations/${_id}`, dana()))).toMatchObject({
    status: 404,
    body: { merged_into: created.body.id, merged_kind: 'ticket', merged_number: created.body.number },
  });
  expect((await post(path)).status).toBe(404);
});

describe('an Idempotency-Key', () => {
  test('for another request is 409; users do not share keys; a failed request may be tried again', async () => {
    const [a, b] = [await askedTicket(world), await askedTicket(world)];
    const key = { 'idempotency-key': 'k1' };
    expect((await post(`/tickets/${a}/merge`, { into: 'none' }, key)).status).toBe(422);
    expect((await post(`/tickets/${a}/merge`, { into: b }, key)).status).toBe(200);
    expect((await post(`/tickets/${a}/merge`, { into: 'c' }, key)).status).toBe(409);
    expect((await post(`/tickets/${b}/restore`, undefined, key)).status).toBe(409);
    expect((await post(`/tickets/${b}/restore`, undefined, key, world.tokens.max)).status).toBe(200);
    expect((await post(`/tickets/${b}/restore`, undefined, { 'idempotency-key': 'a b' })).status).toBe(422);
  });

  test('of concurrent requests: one is carried out, the others get its answer or a 409 with Retry-After', async () => {
    const a = await askedTicket(world);
    const { _id } = await rows.message(world.models, {
      thread_id: a,
      workspace_email_id: 'support@acme.test',
    });
    const path = `/tickets/${a}/messages/${_id}/move`;
    const before = await world.models.Ticket.countDocuments();
    const asked = Array.from({ length: 8 }, () =>
      world.post(path, dana(), undefined, { 'idempotency-key': 'k2' }),
    );
    const answers = await Promise.all(asked);
    for (const { status } of answers) expect([201, 409]).toContain(status);
    expect(await world.models.Ticket.countDocuments()).toBe(before + 1);
    const after = await post(path, undefined, { 'idempotency-key': 'k2' });
    expect(after.status).toBe(201);
  });

  test('whose process died: the request is carried out again later; until then 409 with Retry-After', async () => {
    const a = await askedTicket(world);
    const key = { 'idempotency-key': 'k3' };
    await post(`/tickets/${a}/restore`, undefined, key);
    const row = await world.models.KeyedRequest.findOne().sort({ created_at: -1 }).orFail().lean();
    const left = (working_until: Date) =>
      world.models.KeyedRequest.updateOne({ _id: row._id }, { $set: { answer: null, working_until } });
    await left(new Date(Date.now() + 60_000));
    const waiting = await world.post(`/tickets/${a}/restore`, dana(), undefined, key);
    expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([409, '1']);
    await left(new Date(Date.now() - 1));
    expect((await post(`/tickets/${a}/restore`, undefined, key)).status).toBe(200);
  });

  test('does not appear in the row, nor do request and answer', async () => {
    const subject = 'whsec_something';
    const a = await askedTicket(world);
    await world.patch(`/tickets/${a}`, dana(), { subject });
    const answer = await post(`/tickets/${a}/restore`, undefined, { 'idempotency-key': 'very-secret-key' });
    expect(answer.body.subject).toBe(subject);
    const stored = JSON.stringify(await world.models.KeyedRequest.find().lean());
    for (const secret of [subject, 'very-secret-key', a]) expect(stored).not.toContain(secret);
  });
});
