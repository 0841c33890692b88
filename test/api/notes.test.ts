import type { MessageRow, NotificationRow } from '../../src/infra/models/index.ts';
import { createNotifications } from '../../src/core/events/notifications/createNotifications.ts';
import type { EventRow } from '../../src/infra/models/index.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

type Note = Body & { mentions: string[]; edited_at: string | null };
async function note(body: object = {}) {
  const ticket = await askedTicket(world);
  const path = `/tickets/${ticket}/messages`;
  const sent = await answerOf(world.post(path, world.tokens.max, { text: 'n', note: true, ...body }));
  return { ticket, status: sent.status, body: sent.body as Note, path: `${path}/${sent.body.id}` };
}
const patch = (path: string, body: object, token = world.tokens.max) =>
  answerOf(world.patch(path, token, body)) as Promise<{ status: number; body: Note }>;
const row = (id: string) => world.models.Message.findById(id).orFail().lean<MessageRow>();

test('a note is changed by its author, and says so', async () => {
  const { path, body, ticket } = await note();
  expect([body.edited_at, body.mentions]).toEqual([null, []]);
  const changed = await patch(path, { html: '<p onclick="x">New</p>' });
  expect(changed).toMatchObject({ status: 200, body: { text: 'New', html: '<p>New</p>', state: 'saved' } });
  const found = await answerOf(world.get('/threads?q=new', world.tokens.dana));
  expect(found.body.data.map(({ id }) => id)).toEqual([ticket]);
  expect(changed.body.edited_at).not.toBeNull();
  const thread = await answerOf(world.get(`/tickets/${ticket}`, world.tokens.dana));
  expect(thread.body).toMatchObject({ preview: 'New' });
});

test('a note is deleted by its author with text and files; the thread shows that there was one', async () => {
  const file = await storedFile(world, 'x', { message_id: '', audience: 'owner:max' });
  const { path, ticket, body } = await note({ attachments: [file], mentions: ['dana'] });
  const gone = await answerOf(world.delete(path, world.tokens.max));
  expect(gone).toMatchObject({
    status: 200,
    body: { state: 'cancelled', text: '', mentions: [], attachments: [], draft: null },
  });
  expect((await answerOf(world.delete(path, world.tokens.max))).body).toEqual(gone.body);
  expect((await patch(path, { text: 'x' })).status).toBe(409);
  expect((await world.get(`/attachments/${file}`, world.tokens.max)).status).toBe(404);
  const shown = await answerOf(world.get(`/tickets/${ticket}/messages`, world.tokens.dana));
  expect(shown.body.data.map(({ id }) => id)).toContain(body.id);
  const thread = await answerOf(world.get(`/tickets/${ticket}`, world.tokens.dana));
  expect(thread.body).toMatchObject({ message_count: 1, last_message: { direction: 'inbound' } });
});

test('neither somebody else’s note nor mail can be changed', async () => {
  const { path, ticket, body } = await note();
  for (const token of [world.tokens.dana, world.tokens.olga]) {
    expect((await patch(path, { text: 'x' }, token)).status).toBe(403);
    expect((await world.delete(path, token)).status).toBe(403);
  }
  const mail = await rows.message(world.models, { thread_id: ticket });
  expect((await patch(`/tickets/${ticket}/messages/${mail._id}`, { text: 'x' })).status).toBe(409);
  expect((await row(body.id)).text).toBe('n');
});

describe('mentions', () => {
  const event = (id: string, type: EventRow['type'], at: Date): EventRow => ({
    _id: `${type}/${id}/${at.getTime()}`,
    workspace_id: 'acme',
    audiences: ['tickets'],
    type,
    row_id: id,
    thread_kind: 'ticket',
    thread_id: 'none',
    owner_id: null,
    changed: [],
    became: null,
    actor_id: null,
    at,
  });
  const notified = async (id: string) =>
    (await world.models.Notification.find({ workspace_id: 'acme', message_id: id }).lean<NotificationRow[]>())
      .map(({ user_id, type }) => `${type} ${user_id}`)
      .sort();

  test('notify each member once, never the author, and those who are added later', async () => {
    const { body, path } = await note({ mentions: ['dana', 'max', 'dana'] });
    expect(body.mentions).toEqual(['dana', 'max']);
    await createNotifications(world.models, [event(body.id, 'ticket.message_created', T0)]);
    expect(await notified(body.id)).toEqual(['mentioned dana']);
    await patch(path, { text: 'x', mentions: ['dana', 'olga'] });
    const edited = event(body.id, 'message.updated', new Date());
    await createNotifications(world.models, [edited, edited]);
    expect(await notified(body.id)).toEqual(['mentioned dana', 'mentioned olga']);
  });

  test('are of members who can see the thread, and only in notes', async () => {
    expect(await faultsOf(note({ mentions: ['stranger'] }))).toEqual([422, 'mentions.0']);
    expect(await faultsOf(note({ note: false, mentions: ['dana'] }))).toEqual([422, 'mentions']);
    const { _id } = await rows.conversation(world.models, { audience: 'owner:dana', owner_id: 'dana' });
    const body = { text: 'x', note: true, mentions: ['max'] };
    expect(
      await faultsOf(answerOf(world.post(`/conversations/${_id}/messages`, world.tokens.dana, body))),
    ).toEqual([422, 'mentions.0']);
  });
});

test('followers are notified of mail beside the agent, and not twice', async () => {
  const ticket = await askedTicket(world);
  await world.models.Ticket.updateOne({ _id: ticket }, { $set: { agent_id: 'max' } });
  for (const token of [world.tokens.dana, world.tokens.dana, world.tokens.max]) {
    const { status, body } = await answerOf(world.post(`/tickets/${ticket}/follow`, token));
    expect([status, body]).toMatchObject([200, { id: ticket, followed: true }]);
  }
  const mail = await rows.message(world.models, { thread_id: ticket });
  const told = async (event: string) => {
    await createNotifications(world.models, [
      {
        _id: event,
        workspace_id: 'acme',
        audiences: ['tickets'],
        type: 'ticket.message_created',
        row_id: mail._id,
        thread_kind: 'ticket',
        thread_id: ticket,
        owner_id: null,
        changed: [],
        became: null,
        actor_id: null,
        at: T0,
      },
    ]);
    const made = await world.models.Notification.find({ workspace_id: 'acme', message_id: mail._id }).lean();
    await world.models.Notification.deleteMany({ message_id: mail._id });
    return made.map(({ user_id }) => user_id).sort();
  };
  expect(await told('e1')).toEqual(['dana', 'max']);
  const stopped = await answerOf(world.delete(`/tickets/${ticket}/follow`, world.tokens.dana));
  expect(stopped.body).toMatchObject({ followed: false });
  expect(await told('e2')).toEqual(['max']);
});
