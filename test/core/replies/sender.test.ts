import type { ThreadRow } from '../../../src/infra/models/thread.ts';
import type { WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import { findSender } from '../../../src/core/replies/sender.ts';
import { threadsOf } from '../../../src/core/threads/threads.ts';
import { newHouse, STRANGER_WORKSPACE, WORKSPACE, type House } from '../../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

async function threadTo(address: string, kind: 'ticket' | 'conversation'): Promise<ThreadRow> {
  const { threads } = await house.receive({ to: [address] });
  return threadsOf(house.models, kind).findById(threads[0]).orFail().lean<ThreadRow>();
}
const change = (email: WorkspaceEmailRow, to: Partial<WorkspaceEmailRow>) =>
  house.models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: to });

/** The sender of a reply: From, and Reply-To if there is one. */
async function from(thread: ThreadRow, chosen: string | null = null, userId = 'olive') {
  const { sender, ...none } = await findSender(house.models, thread, chosen, userId);
  return sender ? { from: sender.from.email, replyTo: sender.replyTo.map(({ email }) => email) } : none;
}
const as = (address: string, ...replyTo: string[]) => ({ from: address, replyTo });

describe('a ticket', () => {
  test('is sent as the address that the message names, with its display name', async () => {
    await change(house.emails.billing, { display_name: 'Acme, Billing' });
    const thread = await threadTo('support@acme.test', 'ticket');
    const sender = await findSender(house.models, thread, 'billing@acme.test', 'olive');
    expect(sender.sender?.from).toEqual({ email: 'billing@acme.test', name: 'Acme, Billing' });
  });

  test('else as the ticket’s own', async () => {
    expect(await from(await threadTo('billing@acme.test', 'ticket'))).toEqual(as('billing@acme.test'));
  });

  test('else as the oldest that can send, never a personal one', async () => {
    const thread = await threadTo('billing@acme.test', 'ticket');
    await change(house.emails.billing, { active: false });
    expect(await from(thread)).toEqual(as('support@acme.test'));
    await change(house.emails.support, { can_send: false });
    await house.models.ForwardingAddress.deleteMany({});
    expect(await from(thread)).toEqual(as('hello@acme.test'));
    await change(house.emails.hello, { deleted_at: new Date() });
    expect(await from(thread)).toEqual({
      reason: 'no address of the workspace can send this; ask an owner to set one up for sending',
    });
  });

  test('an address without DKIM sends through its forwarding address, before any other', async () => {
    const thread = await threadTo('support@acme.test', 'ticket');
    await change(house.emails.support, { can_send: false, display_name: 'Support' });
    expect(await from(thread)).toEqual(as(house.forwarding, 'support@acme.test'));
    const { sender } = await findSender(house.models, thread, null, 'olive');
    expect(sender).toMatchObject({ email: { address: 'support@acme.test' }, from: { name: 'Support' } });
    await change(house.emails.support, { send_off: true });
    expect(await from(thread)).toEqual(as('billing@acme.test'));
  });

  test('an address that is not proved does not send at all', async () => {
    const thread = await threadTo('support@acme.test', 'ticket');
    await change(house.emails.support, { can_send: false, proved_at: null });
    expect(await from(thread)).toEqual(as('billing@acme.test'));
  });
});

describe('a conversation', () => {
  test('is sent as the address last written to', async () => {
    await house.addEmail('sales@acme.test', { purpose: 'inbox' });
    const first = await house.receive({ to: ['hello@acme.test'] });
    const parent = first.messages[0]!.message_id!;
    await house.receive({ to: ['sales@acme.test'], in_reply_to: [parent] });
    const thread = await house.models.Conversation.findById(first.threads[0]).orFail().lean<ThreadRow>();
    expect(await from(thread)).toEqual(as('sales@acme.test'));
    expect(await from(thread, 'hello@acme.test')).toEqual(as('hello@acme.test'));
  });

  test('a personal one only as its owner', async () => {
    const thread = await threadTo('dana@acme.test', 'conversation');
    expect(await from(thread, null, 'dana')).toEqual(as('dana@acme.test'));
    const refused = { reason: 'you cannot send from this address here; choose another one' };
    expect(await from(thread, 'support@acme.test', 'dana')).toEqual(refused);
    await change(house.emails.dana, { active: false });
    expect(await from(thread, null, 'dana')).toEqual({
      reason: 'no address of the workspace can send this; ask an owner to set one up for sending',
    });
  });
});

describe('the agent’s choice', () => {
  test.each([
    ['another user’s', 'erik@acme.test'],
    ['an unknown address', 'nobody@acme.test'],
    ['one of another workspace', 'foreign@other.test'],
  ])('%s is refused', async (_, address) => {
    await house.addEmail('foreign@other.test', { workspace_id: STRANGER_WORKSPACE });
    const thread = await threadTo('support@acme.test', 'ticket');
    expect(await from(thread, address, 'dana')).toEqual({
      reason: 'you cannot send from this address here; choose another one',
    });
  });

  test.each<[string, Partial<WorkspaceEmailRow>, string]>([
    ['switched off', { active: false }, 'it is switched off'],
    ['switched off for sending', { can_send: false, send_off: true }, 'it is switched off'],
    ['not proved', { proved_at: null, can_send: false }, 'it is not proved yet'],
    ['not set up', { can_send: false }, 'it is not set up for sending yet'],
  ])('one that is %s is refused with the reason', async (_, state, reason) => {
    const thread = await threadTo('support@acme.test', 'ticket');
    await change(house.emails.billing, state);
    expect(await from(thread, 'billing@acme.test')).toEqual({
      reason: `billing@acme.test cannot send: ${reason}`,
    });
  });

  test('with an address of another audience, answers come back to the thread', async () => {
    const thread = await threadTo('support@acme.test', 'ticket');
    expect(await from(thread, 'dana@acme.test', 'dana')).toEqual(as('dana@acme.test', 'support@acme.test'));
    expect(await from(thread, 'hello@acme.test')).toEqual(as('hello@acme.test', 'support@acme.test'));
    await change(house.emails.support, { can_receive: false });
    expect(await from(thread, 'hello@acme.test')).toEqual(as('hello@acme.test'));
  });
});

test('a new thread: a ticket address before a shared one', async () => {
  await change(house.emails.support, { active: false });
  const ticket = { _id: 'new', workspace_id: WORKSPACE, audience: 'tickets', workspace_email_id: null };
  const { sender } = await findSender(house.models, ticket, null, 'olive');
  expect(sender?.email.address).toBe('billing@acme.test');
  const shared = { ...ticket, audience: 'shared' };
  expect((await findSender(house.models, shared, null, 'olive')).sender?.email.address).toBe(
    'hello@acme.test',
  );
});
