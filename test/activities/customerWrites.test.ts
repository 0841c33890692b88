import type { DraftRow } from '../../src/infra/models/index.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { HOUR_MS } from '../../src/lib/time.ts';
import { newHouse, takeThrough, type House, type Mail, type Received } from '../support/house.ts';
import { readReply, saveReply } from '../support/replies.ts';

let house: House;
let first: Received;
let ticket: { kind: 'ticket'; id: string };
beforeEach(async () => {
  house = await newHouse();
  first = await house.receive({ received_at: new Date(Date.now() - 60_000) });
  ticket = { kind: 'ticket', id: first.threads[0]! };
});
afterEach(() => house.close());

const answer = (mail: Mail = {}) =>
  house.receive({
    in_reply_to: [first.messages[0]!.message_id!],
    text: 'I have found it myself, so there is no need any more.',
    ...mail,
  });
const thread = () => house.models.Ticket.findById(ticket.id).orFail().lean<ThreadRow>();

describe('a scheduled message that is to be called off when the customer writes first', () => {
  const scheduled = (cancel_on_reply = true) =>
    saveReply(house, ticket, {
      state: 'scheduled',
      created_at: new Date(Date.now() - 1_000),
      outbound: {
        send_at: new Date(Date.now() + HOUR_MS),
        due_at: new Date(Date.now() + HOUR_MS),
        cancel_on_reply,
      },
    });

  test('is called off, and is its author’s draft again', async () => {
    const reply = await scheduled();
    await answer();
    const { state, outbound } = await readReply(house, reply._id);
    expect([state, outbound.reason, outbound.is_open]).toEqual([
      'cancelled',
      expect.stringContaining('wrote'),
      false,
    ]);
    const draft = await house.models.Draft.findOne({ workspace_id: 'w1', user_id: 'olive' }).lean<DraftRow>();
    expect(draft).toMatchObject({ text: reply.text, thread_id: ticket.id, taken_back: reply._id });
  });

  test('is sent all the same if nobody asked for that, or the mail is automatic', async () => {
    const [kept, asked] = [await scheduled(false), await scheduled()];
    await answer({ headers: [['Auto-Submitted', 'auto-replied']] });
    expect((await readReply(house, asked._id)).state).toBe('scheduled');
    await answer();
    expect((await readReply(house, kept._id)).state).toBe('scheduled');
  });

  test('is sent all the same if a stranger writes', async () => {
    const reply = await scheduled();
    const { messages } = await answer({ from: 'mallory@elsewhere.test' });
    expect(messages[0]!.sender_known).toBe(false);
    expect((await readReply(house, reply._id)).state).toBe('scheduled');
  });
});

describe('a snoozed thread', () => {
  const snooze = (until = new Date(Date.now() + HOUR_MS)) =>
    house.models.Ticket.updateOne(
      { _id: ticket.id },
      { $set: { snoozed_until: until, snoozed_by: 'olive' } },
    );

  test('is woken by the customer’s mail, and not by an automatic one', async () => {
    await snooze();
    await answer({ headers: [['Auto-Submitted', 'auto-replied']] });
    expect((await thread()).snoozed_until).not.toBeNull();
    await answer();
    expect(await thread()).toMatchObject({ snoozed_until: null, snoozed_by: null });
  });

  test('stays snoozed when a mail that came before is applied again', async () => {
    const { row } = await answer();
    await snooze();
    await takeThrough(house.models, house.steps, row);
    expect((await thread()).snoozed_until).not.toBeNull();
  });
});
