import type { Deps } from '../../activities/deps.ts';
import { takeReply } from '../../activities/replies/takeReply.ts';
import { createChangeHandler } from '../../src/core/events/changeHandler.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { contactId } from '../../src/core/threads/contacts.ts';
import { threadsOf } from '../../src/core/threads/threads.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import { saveReply } from '../support/replies.ts';
import { answerOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const inAnHour = () => new Date(Date.now() + 3_600_000);
const message = (id: string) => world.models.Message.findById(id).orFail().lean<OutboundMessageRow>();
const max = () => world.tokens.max;

/** A reply of Max that is sent later. */
async function scheduled(ticket: string, body: object = {}): Promise<string> {
  const answer = await answerOf(
    world.post(`/tickets/${ticket}/messages`, max(), {
      text: 'It arrives tomorrow.',
      send_at: inAnHour().toISOString(),
      ...body,
    }),
  );
  expect(answer.status).toBe(202);
  return answer.body.id;
}

/** The run of the message, at the time when it is due. */
async function whenDue(id: string) {
  await world.models.Message.updateOne({ _id: id }, { $set: { 'outbound.due_at': new Date() } });
  return takeReply({ models: world.models } as Deps, { id, run: 1 });
}
const draftsIn = async (ticket: string, token = max()) =>
  (await answerOf(world.get(`/drafts?thread_id=${ticket}`, token))).body.data as { text: string }[];

describe('a reply of a deleted ticket', () => {
  test('is not sent: not in the trash, and not after the ticket was restored', async () => {
    const ticket = await askedTicket(world);
    const id = await scheduled(ticket);
    expect((await world.delete(`/tickets/${ticket}`, world.tokens.dana)).status).toBe(204);
    expect(world.asked.wake).toContainEqual({ id, run: 1 });
    expect(await message(id)).toMatchObject({
      state: 'cancelled',
      outbound: {
        is_open: false,
        wants_start: false,
        reason: expect.stringContaining('was deleted') as string,
      },
    });
    expect(await draftsIn(ticket)).toEqual([]);
    expect(await whenDue(id)).toEqual({ verdict: 'over', state: 'cancelled' });

    expect((await world.post(`/tickets/${ticket}/restore`, world.tokens.dana)).status).toBe(200);
    expect(await whenDue(id)).toEqual({ verdict: 'over', state: 'cancelled' });
    expect(await draftsIn(ticket)).toMatchObject([{ text: 'It arrives tomorrow.' }]);
    expect(await draftsIn(ticket, world.tokens.dana)).toEqual([]);
    // A second time in the trash and back makes no second draft.
    await world.delete(`/tickets/${ticket}`, max());
    await world.post(`/tickets/${ticket}/restore`, max());
    expect(await draftsIn(ticket)).toHaveLength(1);
  });

  test('comes back by the undo of many, as the draft that it was, with its file and each author’s own', async () => {
    const ticket = await askedTicket(world);
    const draft = await answerOf(
      world.put(`/tickets/${ticket}/draft/reply`, max(), { text: 'Soon.', bcc: ['boss@x.test'] }),
    );
    const id = await scheduled(ticket, { text: 'Soon.', bcc: ['boss@x.test'], draft: draft.body.id });
    const file = await rows.attachment(world.models, { message_id: id });
    await answerOf(
      world.post(`/tickets/${ticket}/messages`, world.tokens.dana, { text: 'Dana’s', undo_seconds: 3_600 }),
    );
    const threads = [{ kind: 'ticket', id: ticket }];
    const act = async (name: string) => {
      const answer = await world.post('/threads/bulk', max(), { threads, act: name });
      return ((await answer.json()) as { results: object[] }).results;
    };
    expect(await act('trash')).toMatchObject([
      { status: 200, row: { deleted_at: expect.any(String) as string } },
    ]);
    expect(await act('restore')).toMatchObject([{ status: 200, row: { deleted_at: null } }]);
    expect(await draftsIn(ticket)).toMatchObject([
      { text: 'Soon.', bcc: [{ email: 'boss@x.test' }], attachments: [{ id: file._id }] },
    ]);
    expect(await draftsIn(ticket, world.tokens.dana)).toMatchObject([{ text: 'Dana’s' }]);
  });

  test('is listed, read and taken back in the trash', async () => {
    const ticket = await askedTicket(world);
    const id = await scheduled(ticket);
    await world.delete(`/tickets/${ticket}`, max());
    const path = `/tickets/${ticket}/messages`;
    for (const query of ['', '?trash=true'])
      expect((await answerOf(world.get(path + query, max()))).body.data).toMatchObject([
        {},
        { id, state: 'cancelled' },
      ]);
    expect((await answerOf(world.get(`${path}/${id}`, max()))).body.state).toBe('cancelled');
    expect((await answerOf(world.delete(`${path}/${id}`, max()))).body.state).toBe('cancelled');
    // Nobody writes there.
    expect((await world.post(path, max(), { text: 'x' })).status).toBe(404);
    expect((await world.post(`${path}/${id}/retry`, max())).status).toBe(404);
  });

  test('that was saved while the ticket was deleted is stopped when it is due, and when that is restored', async () => {
    for (const restore of [false, true]) {
      const ticket = await askedTicket(world);
      const at = new Date(Date.now() + 60_000);
      await world.models.Ticket.updateOne({ _id: ticket }, { $set: { deleted_at: at, hidden: 'trash' } });
      const { _id } = await saveReply(
        world,
        { kind: 'ticket', id: ticket },
        { workspace_id: 'acme', author_id: 'max' },
      );
      if (restore) expect((await world.post(`/tickets/${ticket}/restore`, max())).status).toBe(200);
      expect(await whenDue(_id)).toEqual({ verdict: 'over', state: 'cancelled' });
      if (!restore) await world.post(`/tickets/${ticket}/restore`, max());
      expect(await draftsIn(ticket)).toMatchObject([{ text: 'It arrives tomorrow.' }]);
    }
  });

  test('is stopped between two tries too; during a call it is not', async () => {
    const ticket = await askedTicket(world);
    const thread = { kind: 'ticket', id: ticket } as const;
    const sending = (outbound: object) =>
      saveReply(world, thread, {
        workspace_id: 'acme',
        state: 'sending',
        outbound: { attempt: 1, ...outbound },
      });
    const waits = await sending({ unclear: false });
    const called = await sending({ unclear: true });
    const delivery = {
      recipient: 'a@x.test',
      attempt: 1,
      state: 'delivered' as const,
      reason: null,
      at: new Date(),
    };
    const again = await sending({ unclear: false, deliveries: [delivery] });
    await world.delete(`/tickets/${ticket}`, max());
    const states = await Promise.all(
      [waits, called, again].map(async ({ _id }) => (await message(_id)).state),
    );
    expect(states).toEqual(['cancelled', 'sending', 'failed']);
  });

  test('comes back when the customer’s mail restores the ticket', async () => {
    const ticket = await askedTicket(world);
    await scheduled(ticket);
    await world.delete(`/tickets/${ticket}`, max());
    const mail = await rows.message(world.models, {
      thread_id: ticket,
      created_at: new Date(Date.now() + 1),
    });
    await applyToThread(world.models, mail.toObject(), false);
    const handle = createChangeHandler({ models: world.models, startDeliveries: () => undefined });
    const fullDocument = await threadsOf(world.models, 'ticket').findById(ticket).orFail().lean();
    const change = {
      _id: { _data: '1' },
      operationType: 'update',
      ns: { db: 'x', coll: 'tickets' },
      documentKey: { _id: ticket },
      clusterTime: { toString: () => '1' },
      fullDocument,
      updateDescription: { updatedFields: { hidden: null }, removedFields: ['deleted_at'] },
    };
    for (let times = 0; times < 2; times += 1) await handle([change]);
    expect(await draftsIn(ticket)).toMatchObject([{ text: 'It arrives tomorrow.' }]);
  });

  test('while its run takes it: it is either sent or given back', async () => {
    for (let n = 0; n < 15; n += 1) {
      const ticket = await askedTicket(world);
      const { _id } = await saveReply(world, { kind: 'ticket', id: ticket }, { workspace_id: 'acme' });
      const [, taken] = await Promise.all([
        world.delete(`/tickets/${ticket}`, max()),
        takeReply({ models: world.models } as Deps, { id: _id, run: 1 }),
      ]);
      // A run that has taken it finds it cancelled at its next step: no call has been made.
      expect((await message(_id)).state).toBe('cancelled');
      expect(['taken', 'over']).toContain(taken.verdict);
    }
  });
});

test('what waits for a contact who is blocked is a draft again; what is written after that goes out', async () => {
  const email = 'blocked@x.test';
  const _id = contactId('acme', { email, name: '' });
  await rows.contact(world.models, { _id, email });
  const ticket = await askedTicket(world);
  const id = await scheduled(ticket, { to: ['other@x.test'], cc: [`Ann <${email.toUpperCase()}>`] });
  const unseen = await scheduled(ticket, { to: [email] });
  await world.models.Message.updateOne({ _id: unseen }, { $set: { audience: 'team:none' } });
  expect((await world.post(`/contacts/${_id}/block`, world.tokens.dana)).status).toBe(200);
  const stopped = { state: 'cancelled', outbound: { reason: expect.stringContaining('blocked') as string } };
  expect(await message(id)).toMatchObject(stopped);
  expect(await draftsIn(ticket)).toMatchObject([{ text: 'It arrives tomorrow.' }]);
  // One that the route did not find is stopped when it is due.
  expect(await whenDue(unseen)).toEqual({ verdict: 'over', state: 'cancelled' });
  const later = await scheduled(ticket, { to: [email] });
  expect(await whenDue(later)).toMatchObject({ verdict: 'taken' });
});

test('messages of a member who is removed are sent, and the owners are notified', async () => {
  const { models, tokens } = world;
  const member = { role: 'member' as const, workspace_id: 'acme' };
  for (const user_id of ['eve', 'finn']) {
    await models.User.create({
      _id: user_id,
      email: `${user_id}@people.test`,
      name: user_id,
      created_at: new Date(),
    });
    await models.Member.create({ ...member, _id: `acme/${user_id}`, user_id });
  }
  const { _id: id } = await rows.conversation(models, { audience: 'owner:eve', owner_id: 'eve' });
  const personal = { kind: 'conversation', id, audience: 'owner:eve' } as const;
  const { _id } = await saveReply(world, personal, {
    workspace_id: 'acme',
    author_id: 'eve',
    state: 'scheduled',
  });
  for (const user_id of ['eve', 'finn'])
    expect((await world.delete(`/members/${user_id}`, tokens.olga)).status).toBe(204);
  const { data } = (await answerOf(world.get('/notifications', tokens.olga))).body;
  expect(data).toMatchObject([
    {
      type: 'replies_left',
      title: expect.stringMatching(/^eve /) as string,
      conversation_id: null,
      message_id: null,
    },
  ]);
  expect((await answerOf(world.get('/notifications', max()))).body.data).toEqual([]);
  expect(await whenDue(_id)).toMatchObject({ verdict: 'taken' });
});
