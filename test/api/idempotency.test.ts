import { randomUUID } from 'node:crypto';
import type { MessageRow } from '../../src/infra/models/index.ts';
import { saveMessage } from '../../src/core/replies/saveMessage.ts';
import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, seedEmails, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const post = (path: string, body: object, key: string, token = world.tokens.max) =>
  answerOf(world.post(path, token, body, { 'idempotency-key': key }));
const messagesOf = async (thread_id: string, direction: MessageRow['direction'] = 'outbound') =>
  (await world.models.Message.find({ workspace_id: 'acme', thread_id, direction })).length;
const upload = () => storedFile(world, 'x', { message_id: '', audience: 'owner:max' });

test('the same key and body give the same message, in any state', async () => {
  const id = await askedTicket(world);
  const path = `/tickets/${id}/messages`;
  const key = randomUUID();
  const body = { text: 'x', to: ['a@x.test'], send_at: new Date(Date.now() + 60_000).toISOString() };
  const first = await post(path, body, key);
  expect(first.status).toBe(202);
  expect(await post(path, { send_at: body.send_at, to: body.to, text: 'x' }, key)).toEqual(first);
  // What was valid when it was saved may no longer be.
  await world.models.Message.updateOne({ _id: first.body.id }, { $set: { state: 'sent' } });
  const again = await post(path, body, key);
  expect([again.status, again.body.id, again.body.state]).toEqual([202, first.body.id, 'sent']);
  expect(await messagesOf(id)).toBe(1);
});

test('the same key with another body, or for another path, is 409', async () => {
  const [id, other] = [await askedTicket(world), await askedTicket(world)];
  const key = randomUUID();
  expect((await post(`/tickets/${id}/messages`, { text: 'x' }, key)).status).toBe(202);
  expect((await post(`/tickets/${id}/messages`, { text: 'y' }, key)).status).toBe(409);
  expect((await post(`/tickets/${id}/messages`, { text: 'x', note: true }, key)).status).toBe(409);
  expect((await post(`/tickets/${other}/messages`, { text: 'x' }, key)).status).toBe(409);
  expect((await post('/tickets', { text: 'x', to: ['a@x.test'] }, key)).status).toBe(409);
  expect(await messagesOf(other)).toBe(0);
});

test('users do not share keys', async () => {
  const path = `/tickets/${await askedTicket(world)}/messages`;
  const key = randomUUID();
  const [max, dana] = [
    await post(path, { text: 'x' }, key),
    await post(path, { text: 'y' }, key, world.tokens.dana),
  ];
  expect([max.status, dana.status]).toEqual([202, 202]);
  expect(dana.body.id).not.toBe(max.body.id);
});

test('without a key each request creates a message', async () => {
  const path = `/tickets/${await askedTicket(world)}/messages`;
  const asked = () => answerOf(world.post(path, world.tokens.max, { text: 'x' }));
  expect((await asked()).body.id).not.toBe((await asked()).body.id);
});

test.each(['', 'two words', 'ü', 'x'.repeat(256)])('%j is not a valid key', async (key) => {
  const path = `/tickets/${await askedTicket(world)}/messages`;
  expect(await faultsOf(post(path, { text: 'x' }, key))).toEqual([422, 'Idempotency-Key']);
});

describe('concurrent requests with one key', () => {
  const all = (path: string, body: object, key = randomUUID()) =>
    Promise.all(Array.from({ length: 8 }, () => post(path, body, key)));
  const same = (answers: Awaited<ReturnType<typeof all>>) => {
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    return answers[0]!.body;
  };

  test('create one message', async () => {
    const id = await askedTicket(world);
    same(await all(`/tickets/${id}/messages`, { html: '<p>x</p>' }));
    expect(await messagesOf(id)).toBe(1);
  });

  test('create one note with its files', async () => {
    const id = await askedTicket(world);
    const attachments = [await upload(), await upload()];
    const body = same(await all(`/tickets/${id}/messages`, { text: 'x', note: true, attachments }));
    expect(body.attachments.map((file) => file.id)).toEqual(attachments);
    expect(await messagesOf(id, 'note')).toBe(1);
  });

  test('create one message with its files', async () => {
    const id = await askedTicket(world);
    const attachments = [await upload(), await upload(), await upload()];
    const body = same(await all(`/tickets/${id}/messages`, { text: 'x', attachments }));
    expect(body.attachments.map((file) => file.id)).toEqual(attachments);
    expect(await messagesOf(id)).toBe(1);
  });

  test.each(['tickets', 'conversations'])('create one thread of %s', async (kind) => {
    const person = `${randomUUID()}@x.test`;
    const body = same(await all(`/${kind}`, { to: [person], subject: person, text: 'x' }));
    const list = await answerOf(world.get(`/${kind}?limit=100`, world.tokens.max));
    expect(list.body.data.filter((thread) => thread.subject === person)).toMatchObject([{ id: body.id }]);
    expect(await messagesOf(body.id)).toBe(1);
  });
});

test('a repeated request finishes what the first one did not', async () => {
  const key = randomUUID();
  const body = { to: ['zoe@x.test'], subject: 's', text: 'x' };
  const first = await post('/tickets', body, key);
  const { id, message } = first.body;
  // As if the process had died after the message was saved.
  await world.models.Ticket.deleteOne({ _id: id });
  await world.models.Contact.deleteMany({ email: 'zoe@x.test' });
  const again = await post('/tickets', body, key);
  const anew = { number: expect.any(Number) as number, updated_at: expect.any(String) as string };
  expect(again).toEqual({ ...first, body: { ...first.body, ...anew } });
  expect(world.asked.start.filter((run) => run.id === message.id)).toHaveLength(2);
});

test('an existing message is not composed again', async () => {
  const { body } = await post('/tickets', { to: ['a@x.test'], text: 'x' }, randomUUID());
  const saved = await world.models.Message.findById(body.message.id).orFail().lean<MessageRow>();
  const request = { id: saved._id, isKeyed: true, hash: saved.request_hash! };
  const never = () => Promise.reject(new Error('it was asked to be made'));
  expect((await saveMessage(world.models, 'acme', request, never))?._id).toBe(saved._id);
  expect(await saveMessage(world.models, 'acme', { ...request, hash: 'other' }, never)).toBeNull();
});
