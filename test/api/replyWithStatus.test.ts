import type { MessageRow } from '../../src/infra/models/index.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const send = (path: string, body: object, token = world.tokens.max) =>
  answerOf(world.post(path, token, { text: 'x', ...body }));
const ticketRow = (id: string) => world.models.Ticket.findById(id).orFail().lean<ThreadRow>();

test('a reply says how its thread will change, and does not change it yet', async () => {
  const id = await askedTicket(world);
  const change = { status: 'closed', agent_id: 'dana', priority: 'high', tags: ['billing', 'vip'] };
  const { status, body } = await send(`/tickets/${id}/messages`, {
    ...change,
    tags: ['Billing', 'vip', 'VIP'],
  });
  expect([status, body]).toMatchObject([202, { thread_change: change }]);
  expect(await ticketRow(id)).toMatchObject({ status: 'open', agent_id: null, priority: 'normal', tags: [] });
});

test('a note changes its thread in the same act', async () => {
  const id = await askedTicket(world);
  const { status } = await send(`/tickets/${id}/messages`, { note: true, status: 'closed', agent_id: 'max' });
  expect(status).toBe(202);
  const ticket = await ticketRow(id);
  expect(ticket).toMatchObject({ status: 'closed', agent_id: 'max' });
  expect(ticket.closed_at!.getTime()).toBeGreaterThan(Date.now() - 10_000);
});

test('a note that is refused changes nothing', async () => {
  const id = await askedTicket(world);
  const body = { note: true, status: 'closed', after: 'gone' };
  expect((await send(`/tickets/${id}/messages`, body)).status).toBe(412);
  const attachments = [await storedFile(world, 'x', { message_id: 'other', audience: 'owner:max' })];
  expect((await send(`/tickets/${id}/messages`, { ...body, after: null, attachments })).status).toBe(422);
  expect((await ticketRow(id)).status).toBe('open');
});

test('the message that opens a thread may assign and tag it', async () => {
  const { status, body } = await send('/conversations', { to: ['a@x.test'], agent_id: 'max', tags: ['a'] });
  expect([status, body.message]).toMatchObject([202, { thread_change: { agent_id: 'max', tags: ['a'] } }]);
});

describe('a wrong change is 422 with its field, and nothing is stored', () => {
  test.each<[object, string]>([
    [{ status: 'done' }, 'status'],
    [{ agent_id: 'stranger' }, 'agent_id'],
    [{ priority: 'max' }, 'priority'],
    [{ tags: [''] }, 'tags.0'],
  ])('%j', async (change, field) => {
    const id = await askedTicket(world);
    expect(await faultsOf(send(`/tickets/${id}/messages`, change))).toEqual([422, field]);
    expect(await world.models.Message.countDocuments({ thread_id: id })).toBe(1);
    if (field === 'agent_id')
      expect(await faultsOf(send('/conversations', { to: ['a@x.test'], ...change }))).toEqual([422, field]);
  });

  test('a personal conversation keeps its owner as its agent', async () => {
    const { _id } = await rows.conversation(world.models, {
      audience: 'owner:dana',
      owner_id: 'dana',
      agent_id: 'dana',
      workspace_email_id: 'dana@acme.test',
    });
    const message: Partial<MessageRow> = {
      thread_id: _id,
      thread_kind: 'conversation',
      audience: 'owner:dana',
      opens: true,
    };
    await rows.message(world.models, message);
    for (const agent_id of ['max', null])
      expect(await faultsOf(send(`/conversations/${_id}/messages`, { agent_id }, world.tokens.dana))).toEqual(
        [422, 'agent_id'],
      );
  });
});
