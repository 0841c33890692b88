import { addSent, newHouse, type House, type Received } from '../support/house.ts';

let house: House;
beforeAll(async () => {
  house = await newHouse();
  await house.addEmail('legal@acme.test', { team_id: 'legal' });
  await house.addEmail('hr@acme.test', { purpose: 'inbox', team_id: 'hr' });
});
afterAll(() => house.close());

const id = (received: Received) => received.row.mail?.message_id as string;
const thread = (received: Received) => received.threads[0];
const answer = (parent: Received, to: string) => house.receive({ in_reply_to: [id(parent)], to: [to] });

test('mail to an address of a team opens a ticket or conversation of the team', async () => {
  const legal = await house.receive({ to: ['legal@acme.test'] });
  expect(legal.messages).toMatchObject([{ audience: 'team:legal', thread_kind: 'ticket' }]);
  expect(legal.row).toMatchObject({ audiences: ['team:legal'], ticket_id: thread(legal) });
  const ticket = await house.models.Ticket.findById(thread(legal)).lean();
  expect(ticket).toMatchObject({ audience: 'team:legal', agent_id: null });
  const hr = await house.receive({ to: ['hr@acme.test'] });
  expect(hr.messages).toMatchObject([{ audience: 'team:hr', thread_kind: 'conversation' }]);
  expect(await house.models.Conversation.findById(thread(hr)).lean()).toMatchObject({ owner_id: null });
  const contact = await house.models.Contact.findById(ticket!.contact_id).lean();
  expect(contact?.audiences.sort()).toEqual(['team:hr', 'team:legal']);
});

test('an answer joins a thread of the team only at an address of the team, and a team joins no other thread', async () => {
  const first = await house.receive({ to: ['legal@acme.test'] });
  expect(thread(await answer(first, 'legal@acme.test'))).toBe(thread(first));
  for (const to of ['support@acme.test', 'hr@acme.test', 'dana@acme.test']) {
    const other = await answer(first, to);
    expect([to, thread(other)]).not.toEqual([to, thread(first)]);
    expect(other.messages[0]!.audience).not.toBe('team:legal');
  }
  const shared = await house.receive({ to: ['support@acme.test'] });
  expect((await answer(shared, 'legal@acme.test')).messages[0]!.audience).toBe('team:legal');
});

test('an answer to what was sent from the receiving address joins its thread, whoever sees that', async () => {
  const first = await house.receive({ to: ['legal@acme.test'] });
  await addSent(house.models, first.messages[0]!, '<ours@postroom.test>', 'support@acme.test');
  const answered = await house.receive({ in_reply_to: ['<ours@postroom.test>'], to: ['support@acme.test'] });
  expect(thread(answered)).toBe(thread(first));
  expect(answered.messages[0]!.audience).toBe('team:legal');
});

test('one mail to a team and to everybody is a message in each audience', async () => {
  const both = await house.receive({
    recipient: house.forwarding,
    to: ['support@acme.test', 'legal@acme.test'],
    headers: [['Delivered-To', 'legal@acme.test']],
  });
  expect(both.messages.map(({ audience }) => audience).sort()).toEqual(['team:legal', 'tickets']);
});
