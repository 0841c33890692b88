import type { MessageRow } from '../../src/infra/models/index.ts';
import { contactId } from '../../src/core/threads/contacts.ts';
import { newHouse, WORKSPACE } from '../support/house.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, seedEmails, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const open = (kind: 'tickets' | 'conversations', body: object, token = world.tokens.max) =>
  answerOf(world.post(`/${kind}`, token, body));
const hello = { to: ['Ann <ANN@x.test>', 'bob@x.test'], subject: 'Your order', text: 'It is here.' };

test('a ticket is opened with a message that is sent', async () => {
  const { status, body } = await open('tickets', { ...hello, cc: ['c@x.test'], undo_seconds: 0 });
  const { message, ...ticket } = body;
  expect(status).toBe(202);
  expect(ticket).toMatchObject({
    number: expect.any(Number),
    subject: 'Your order',
    status: 'open',
    contact: { email: 'ann@x.test', name: 'Ann' },
    workspace_email: { id: 'support@acme.test', address: 'support@acme.test' },
    agent_id: null,
    created_at: message.created_at,
    last_message_at: message.created_at,
  });
  expect(message).toMatchObject({
    direction: 'outbound',
    state: 'queued',
    subject: 'Your order',
    to: [
      { email: 'ANN@x.test', name: 'Ann' },
      { email: 'bob@x.test', name: '' },
    ],
    cc: [{ email: 'c@x.test', name: '' }],
    in_reply_to: null,
    references: [],
    sending_email: null,
  });
  expect(world.asked.start).toContainEqual({ id: message.id, run: 1 });
  const seen = await answerOf(world.get(`/tickets/${ticket.id}`, world.tokens.dana));
  // Its author has read it, and the others have not.
  expect(seen.body).toEqual({ ...ticket, unread: true });
  const { body: list } = await answerOf(world.get(`/tickets/${ticket.id}/messages`, world.tokens.dana));
  expect(list.data).toEqual([message]);
  const { people } = await world.models.Message.findById(message.id).orFail().lean<MessageRow>();
  expect(people).toEqual(['ann@x.test', 'bob@x.test', 'c@x.test']);
  const contact = await world.models.Contact.findById(contactId('acme', { email: 'ann@x.test', name: '' }));
  expect(contact?.audiences).toEqual(['tickets']);
});

test('concurrent tickets get consecutive numbers', async () => {
  const opened = await Promise.all(Array.from({ length: 6 }, () => open('tickets', hello)));
  const numbers = opened.map(({ body }) => body.number);
  expect(new Set(numbers).size).toBe(6);
});

describe('a conversation', () => {
  const audienceOf = async (body: { message: { id: string } }) =>
    (await world.models.Message.findById(body.message.id).orFail().lean<MessageRow>()).audience;

  test('is shared by default', async () => {
    const { status, body } = await open('conversations', hello);
    expect([status, body.owner_id, await audienceOf(body)]).toEqual([202, null, 'shared']);
    expect(body).toMatchObject({ workspace_email: { address: 'hello@acme.test' }, agent_id: null });
  });

  test.each([{ personal: true }, { sending_email: 'max@acme.test' }])('is personal: %j', async (how) => {
    const { body } = await open('conversations', { ...hello, to: ['private@x.test'], ...how });
    expect(body).toMatchObject({
      owner_id: 'max',
      agent_id: 'max',
      workspace_email: { address: 'max@acme.test' },
    });
    expect(await audienceOf(body)).toBe('owner:max');
    const { id, message } = body;
    for (const path of [`/conversations/${id}`, `/conversations/${id}/messages/${message.id}`]) {
      expect((await world.get(path, world.tokens.max)).status).toBe(200);
      expect((await world.get(path, world.tokens.olga)).status).toBe(404);
    }
    const contact = contactId('acme', { email: 'private@x.test', name: '' });
    expect((await world.get(`/contacts/${contact}`, world.tokens.max)).status).toBe(200);
    expect((await world.get(`/contacts/${contact}`, world.tokens.olga)).status).toBe(404);
  });

  test('that is shared, or a ticket, belongs to a shared address even if it is sent as a personal one', async () => {
    const own = { ...hello, sending_email: 'max@acme.test' };
    const shared = await open('conversations', { ...own, personal: false });
    expect(shared.body).toMatchObject({
      owner_id: null,
      workspace_email: { address: 'hello@acme.test' },
      message: { sending_email: 'max@acme.test' },
    });
    const ticket = await open('tickets', own);
    expect(ticket.body).toMatchObject({ workspace_email: { address: 'support@acme.test' } });
  });
});

test.each<[string, 'tickets' | 'conversations', object, string]>([
  ['nobody', 'tickets', { to: [] }, 'to'],
  ['no To', 'conversations', { to: undefined, cc: ['a@x.test'] }, 'to'],
  ['another’s address', 'conversations', { sending_email: 'dana@acme.test' }, 'sending_email'],
  ['another’s address, for a ticket', 'tickets', { sending_email: 'dana@acme.test' }, 'sending_email'],
  [
    'personal, as a shared address',
    'conversations',
    { personal: true, sending_email: 'hello@acme.test' },
    'sending_email',
  ],
  ['a note', 'tickets', { note: true }, 'note'],
  ['a personal ticket', 'tickets', { personal: true }, 'personal'],
  ['a line break', 'tickets', { subject: 'a\r\nBcc: b@x.test' }, 'subject'],
])('%s: 422, and nothing is made', async (_, kind, change, field) => {
  const count = () =>
    Promise.all([
      world.models.Message.countDocuments(),
      world.models.Ticket.countDocuments(),
      world.models.Conversation.countDocuments(),
      world.models.Contact.countDocuments(),
    ]);
  const before = await count();
  expect(await faultsOf(open(kind, { ...hello, ...change }))).toEqual([422, field]);
  expect(await count()).toEqual(before);
});

test('without an address that can send there is no thread, and the answer says why', async () => {
  await using silent = await createWorld();
  await rows.workspaceEmail(silent.models, { can_send: false, proved_at: T0 });
  const { status, body } = await answerOf(silent.post('/tickets', silent.tokens.max, hello));
  expect([status, body.errors?.[0]?.field]).toEqual([422, 'sending_email']);
  expect(body.detail).toContain('no address of the workspace can send this');
});

test('the customer’s answer joins the thread automatically', async () => {
  const house = await newHouse();
  await using own = await createWorld({ models: house.models });
  // The workspace of the house, with a token of its owner.
  await own.models.Member.create({
    _id: `${WORKSPACE}/olga`,
    workspace_id: WORKSPACE,
    user_id: 'olga',
    role: 'owner',
  });
  await own.models.Token.updateOne({ user_id: 'olga' }, { workspace_id: WORKSPACE });
  for (const [kind, to] of [
    ['tickets', 'support@acme.test'],
    ['conversations', 'hello@acme.test'],
  ] as const) {
    const asked = fetch(`${own.url}/api/v1/workspaces/${WORKSPACE}/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.tokens.olga}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: ['zoe@client.test'], subject: 'Your order', text: 'It is here.' }),
    });
    const { status, body } = await answerOf(asked);
    expect(status).toBe(202);
    const answer = await house.receive({
      from: 'zoe@client.test',
      to: [to],
      in_reply_to: [body.message.message_id],
    });
    expect([answer.threads, answer.messages[0]?.sender_known]).toEqual([[body.id], true]);
  }
});
