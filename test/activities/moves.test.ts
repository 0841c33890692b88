import type { MessageRow, TicketRow } from '../../src/infra/models/index.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { takesPart } from '../../src/core/threads/people.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { mergeContacts } from '../../src/core/threads/mergeContacts.ts';
import { mergeThreads, settleMerges } from '../../src/core/threads/mergeThreads.ts';
import { moveMessageInto, moveMessageOut } from '../../src/core/threads/moveOut.ts';
import { moveToTicket } from '../../src/core/threads/moveToTicket.ts';
import { threadsOf } from '../../src/core/threads/threads.ts';
import {
  addSent,
  newHouse,
  storeMail,
  takeThrough,
  WORKSPACE,
  type House,
  type Mail,
  type Received,
} from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const id = (received: Received) => received.row.mail?.message_id as string;
const thread = (received: Received) => received.threads[0] as string;
const answerTo = (parent: Received, mail: Mail = {}) => house.receive({ in_reply_to: [id(parent)], ...mail });

function live(row: ThreadRow | null): asserts row is ThreadRow {
  if (row?.merged_into !== undefined || row === null) throw new Error('merged already');
}
const merge = (from: string, into: string, kind: MessageRow['thread_kind'] = 'ticket') =>
  mergeThreads(house.models, WORKSPACE, { kind, from, into }, (first, second) => {
    live(first);
    live(second);
  });
const messagesOf = (thread_id: string) => house.models.Message.countDocuments({ thread_id });
const rowOf = (_id: string, kind: MessageRow['thread_kind'] = 'ticket') =>
  threadsOf(house.models, kind).findById(_id).orFail().lean<ThreadRow>();

describe('a merge', () => {
  test('joins messages and words of both threads, and gets mail that answers either', async () => {
    const first = await house.receive({ from: 'ann@client.test', text: 'About a giraffe' });
    const second = await house.receive({ from: 'bob@client.test', text: 'About an okapi' });
    await rowOf(thread(first));
    const merged = await merge(thread(first), thread(second));
    expect(merged._id).toBe(thread(second));
    expect(await messagesOf(thread(second))).toBe(2);
    expect(merged.words).toEqual(expect.arrayContaining(['giraffe', 'okapi']));
    const ann = await answerTo(first, { from: 'ann@client.test' });
    const bob = await answerTo(second, { from: 'bob@client.test' });
    expect([thread(ann), thread(bob)]).toEqual([thread(second), thread(second)]);
    // A merge makes nobody known: Ann takes part once somebody has written to her in the second thread.
    expect([ann.messages[0]?.sender_known, bob.messages[0]?.sender_known]).toEqual([false, true]);
    expect(await house.models.InboundEmail.countDocuments({ ticket_id: thread(second) })).toBe(4);
    expect(await rowOf(thread(first))).toMatchObject({ hidden: 'merged', merged_into: thread(second) });
  });

  test('is followed through a second one; a late parent and its siblings find it too', async () => {
    const missing: Mail = { in_reply_to: ['<late@client.test>'] };
    const first = await house.receive(missing);
    const [b, c] = [await house.receive({}), await house.receive({})];
    await merge(thread(first), thread(b));
    await merge(thread(b), thread(c));
    expect(await rowOf(thread(first))).toMatchObject({ merged_into: thread(c) });
    expect(thread(await house.receive(missing))).toBe(thread(c));
    expect(thread(await house.receive({ message_id: '<late@client.test>' }))).toBe(thread(c));
    expect(await messagesOf(thread(c))).toBe(5);
  });

  test('opens a closed thread when an open one is merged into it', async () => {
    const [a, b, c] = [await house.receive({}), await house.receive({}), await house.receive({})];
    const closed = { status: 'closed', closed_at: new Date() };
    await house.models.Ticket.updateMany({ _id: { $in: [thread(b), thread(c)] } }, { $set: closed });
    expect(await merge(thread(b), thread(c))).toMatchObject({ status: 'closed' });
    expect(await merge(thread(a), thread(c))).toMatchObject({ status: 'open', closed_at: null });
  });

  test('of two concurrent merges in both directions one succeeds, and no message is lost', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [thread(await house.receive({})), thread(await house.receive({}))];
      const made = await Promise.allSettled([merge(a, b), merge(b, a)]);
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [kept] = await house.models.Ticket.find({
        _id: { $in: [a, b] },
        merged_into: { $exists: false },
      }).lean();
      expect(await messagesOf(kept!._id)).toBe(2);
    }
  });

  test('of three concurrent merges in a ring, all messages end in a thread that exists', async () => {
    const ring = [
      thread(await house.receive({})),
      thread(await house.receive({})),
      thread(await house.receive({})),
    ];
    await Promise.allSettled(ring.map((from, n) => merge(from, ring[(n + 1) % 3]!)));
    const kept = await house.models.Ticket.find({ merged_into: { $exists: false } }).lean();
    expect(kept.length).toBeGreaterThan(0);
    expect(
      await house.models.Message.countDocuments({ thread_id: { $in: kept.map(({ _id }) => _id) } }),
    ).toBe(3);
  });

  test('concurrent with new mail in both threads leaves no message behind', async () => {
    const [first, second] = [await house.receive({}), await house.receive({})];
    const mails = Array.from({ length: 12 }, (_, n) => answerTo(n % 2 ? first : second));
    await Promise.all([...mails, merge(thread(first), thread(second))]);
    expect(await messagesOf(thread(first))).toBe(0);
    expect(await messagesOf(thread(second))).toBe(14);
    expect(await house.models.Ticket.countDocuments()).toBe(2);
  });

  test('is followed by a message that was routed before it and recorded after it', async () => {
    const [first, second] = [await house.receive({}), await house.receive({})];
    const row = await storeMail(house.models, { in_reply_to: [id(first)] });
    const route = {
      workspace_email_id: house.emails.support._id,
      address: 'support@acme.test',
      audience: 'tickets',
      traced: [],
      unreceivable: null,
      thread_kind: 'ticket',
      thread_id: thread(first),
      lands_in: 'tickets',
      opens: false,
      sender_known: true,
    };
    await house.models.InboundEmail.updateOne({ _id: row._id }, { $set: { routes: [route] } });
    await merge(thread(first), thread(second));
    const late = await takeThrough(house.models, house.steps, row);
    expect(thread(late)).toBe(thread(second));
    expect(late.row.ticket_id).toBe(thread(second));
    expect(await rowOf(thread(second))).toMatchObject({ last_message_at: late.messages[0]?.created_at });
  });

  test('whose process died before the end is finished by the sweep', async () => {
    const [first, second] = [await house.receive({}), await house.receive({})];
    await merge(thread(first), thread(second));
    await house.models.Message.updateOne(
      { _id: first.messages[0]?._id },
      { $set: { thread_id: thread(first) } },
    );
    expect(await settleMerges(house.models)).toBe(1);
    expect(await messagesOf(thread(second))).toBe(2);
    expect(await settleMerges(house.models, Date.now() + 2 * 60 * 60 * 1000)).toBe(0);
  });

  test('that is refused changes nothing', async () => {
    const [first, second] = [await house.receive({}), await house.receive({})];
    const before = await house.models.Ticket.find().sort({ _id: 1 }).lean();
    const refuse: (first: ThreadRow | null) => asserts first is ThreadRow = () => {
      throw new Error('no');
    };
    const asked = { kind: 'ticket', from: thread(first), into: thread(second) } as const;
    await expect(mergeThreads(house.models, WORKSPACE, asked, refuse)).rejects.toThrow('no');
    expect(await house.models.Ticket.find().sort({ _id: 1 }).lean()).toEqual(before);
    expect(await messagesOf(thread(first))).toBe(1);
  });
});

describe('a message moved out', () => {
  test('opens a ticket of its own; its later answers are there, the others’ are not', async () => {
    const first = await house.receive({ text: 'About a giraffe' });
    const other = await answerTo(first, { from: 'ann@client.test', text: 'By the way, an okapi' });
    const ticket = await rowOf(thread(first));
    const made = await moveMessageOut(house.models, 'new', ticket, other.messages[0]!._id);
    expect(made).toMatchObject({
      _id: 'new',
      status: 'open',
      number: 2,
      contact_id: ticket.contact_id,
      subject: 'A question',
    });
    expect(thread(await answerTo(other))).toBe('new');
    expect(thread(await answerTo(first))).toBe(thread(first));
    const words = async (_id: string) => (await rowOf(_id)).words;
    expect(await words('new')).toEqual(expect.arrayContaining(['okapi', '2']));
    expect(await words(thread(first))).toEqual(expect.arrayContaining(['giraffe', '1']));
    expect(await words(thread(first))).not.toContain('okapi');
    expect(await house.models.InboundEmail.findById(other.row._id).lean()).toMatchObject({
      ticket_id: 'new',
    });
    // Its step runs again.
    const again = await takeThrough(house.models, house.steps, other.row);
    expect(thread(again)).toBe('new');
    expect(await messagesOf(thread(first))).toBe(2);
  });

  test('is not moved if it is the only one, and is moved once by concurrent requests', async () => {
    const first = await house.receive({});
    const ticket = await rowOf(thread(first));
    expect(await moveMessageOut(house.models, 'none', ticket, first.messages[0]!._id)).toBe(null);
    const other = await answerTo(first);
    const asked = ['a', 'b', 'c'].map((to) =>
      moveMessageOut(house.models, to, ticket, other.messages[0]!._id),
    );
    const made = (await Promise.allSettled(asked)).flatMap((done) =>
      done.status === 'fulfilled' ? done.value : null,
    );
    const tickets = made.filter((row): row is TicketRow => row !== null);
    expect(tickets).toHaveLength(1);
    expect(await house.models.Ticket.countDocuments()).toBe(2);
    expect(await messagesOf(tickets[0]!._id)).toBe(1);
  });
});

describe('a message moved into another ticket', () => {
  const any: (row: ThreadRow | null) => asserts row is ThreadRow = () => undefined;
  const move = (from: string, into: string, messageId: string) =>
    moveMessageInto(
      house.models,
      { workspace_id: WORKSPACE, from, into, messageId, actor: { kind: 'user', id: 'dana' } },
      any,
    );

  test('its answers, words and question go there; a question that was answered there stays answered', async () => {
    const first = await house.receive({ text: 'About a giraffe' });
    const asked = await answerTo(first, { from: 'ann@client.test', text: 'By the way, an okapi' });
    const second = await house.receive({ from: 'bob@client.test', text: 'About a lynx' });
    const [from, into] = [thread(first), thread(second)];
    const closed = { status: 'closed', settled_at: new Date(), waiting_since: null };
    await house.models.Ticket.updateOne({ _id: into }, { $set: closed });
    expect(await move(from, into, asked.messages[0]!._id)).toMatchObject({ _id: into });
    expect([await messagesOf(from), await messagesOf(into)]).toEqual([1, 2]);
    expect(thread(await answerTo(asked))).toBe(into);
    expect((await rowOf(into)).words).toEqual(expect.arrayContaining(['okapi', 'lynx']));
    expect((await rowOf(from)).words).not.toContain('okapi');
    expect((await rowOf(into)).waiting_since).not.toBeNull();
    expect((await rowOf(into)).preview).toBeDefined();
    // Its step runs again.
    expect(thread(await takeThrough(house.models, house.steps, asked.row))).toBe(into);
  });

  test('who opened the other ticket, unproved, takes part in none by that; the only message stays', async () => {
    const [first, second] = [await house.receive({}), await house.receive({ from: 'bob@client.test' })];
    const stranger = await house.models.Message.findById(second.messages[0]!._id).orFail().lean();
    expect(await move(thread(second), thread(first), stranger._id)).toBe(null);
    await answerTo(second);
    await house.models.Message.updateOne(
      { _id: stranger._id },
      { $set: { opens: true, sender_known: false } },
    );
    await move(thread(second), thread(first), stranger._id);
    const inFirst = { thread_id: thread(first) };
    expect(await takesPart(house.models, WORKSPACE, inFirst, 'bob@client.test')).toBe(false);
    expect(await takesPart(house.models, WORKSPACE, inFirst, 'ann@client.test')).toBe(true);
    expect(await house.models.Message.findById(stranger._id).lean()).toMatchObject({ opens: false });
  });
});

describe('a conversation made a ticket', () => {
  const files = {
    files: [{ filename: 'a.txt', contentType: 'text/plain', size: 1, contentId: null, source: { part: 1 } }],
  };

  test('a personal one: every member sees its messages, files and contacts, and answers to our messages', async () => {
    const first = await house.receive({ to: ['dana@acme.test'], ...files });
    await addSent(house.models, first.messages[0]!, '<ours@acme.test>', 'dana@acme.test');
    const row = await rowOf(thread(first), 'conversation');
    const ticket = await moveToTicket(house.models, 'new', row, house.emails.support._id);
    expect(ticket).toMatchObject({ _id: 'new', audience: 'tickets', number: 1, agent_id: 'dana' });
    expect(ticket).not.toHaveProperty('owner_id');
    const audiences = async (model: 'Message' | 'Attachment') =>
      await house.models.connection
        .collection(model === 'Message' ? 'messages' : 'attachments')
        .distinct('audience');
    expect([await audiences('Message'), await audiences('Attachment')]).toEqual([['tickets'], ['tickets']]);
    const contact = await house.models.Contact.findOne({ email: 'ann@client.test' }).lean();
    expect(contact?.audiences.toSorted()).toEqual(['owner:dana', 'tickets']);
    expect(await house.models.InboundEmail.findById(first.row._id).lean()).toMatchObject({
      audiences: ['tickets'],
      ticket_id: 'new',
      conversation_id: null,
    });
    const answer = await house.receive({ to: ['dana@acme.test'], in_reply_to: ['<ours@acme.test>'] });
    expect([thread(answer), answer.messages[0]?.audience]).toEqual(['new', 'tickets']);
    // The same mail again, to the same address: its message exists already.
    const copy = await house.receive({
      ...first.row.mail,
      to: ['dana@acme.test'],
      ...files,
      from: 'ann@client.test',
      cc: [],
      reply_to: [],
    });
    expect(copy.row.message_ids).toEqual(first.row.message_ids);
    expect(await moveToTicket(house.models, 'second', row, house.emails.support._id)).toBe(null);
  });

  test('a shared one: answers to both sides join it, and so does a message being recorded, with its files', async () => {
    const first = await house.receive({ to: ['hello@acme.test'] });
    const row = await rowOf(thread(first), 'conversation');
    const late = await storeMail(house.models, {
      to: ['hello@acme.test'],
      in_reply_to: [id(first)],
      ...files,
    });
    const route = {
      workspace_email_id: house.emails.hello._id,
      address: 'hello@acme.test',
      audience: 'shared',
      traced: [],
      unreceivable: null,
      thread_kind: 'conversation',
      thread_id: row._id,
      lands_in: 'shared',
      opens: false,
      sender_known: true,
    };
    await house.models.InboundEmail.updateOne({ _id: late._id }, { $set: { routes: [route] } });
    await moveToTicket(house.models, 'new', row, house.emails.hello._id);
    const received = await takeThrough(house.models, house.steps, late);
    expect(received).toMatchObject({
      threads: ['new'],
      messages: [{ audience: 'tickets', thread_kind: 'ticket' }],
    });
    expect(received.row).toMatchObject({ audiences: ['tickets'], ticket_id: 'new', conversation_id: null });
    expect(await house.models.Attachment.distinct('audience')).toEqual(['tickets']);
    expect(thread(await answerTo(first, { to: ['hello@acme.test'] }))).toBe('new');
    expect(await house.models.Conversation.countDocuments({ merged_into: { $exists: false } })).toBe(0);
  });
});

test('a reply saved for a thread that was merged meanwhile is in the second one', async () => {
  const [first, second] = [await house.receive({}), await house.receive({})];
  await addSent(house.models, first.messages[0]!, '<ours@acme.test>', 'support@acme.test');
  const stale = await house.models.Message.findById('out-<ours@acme.test>').orFail().lean<MessageRow>();
  await merge(thread(first), thread(second));
  expect(await applyToThread(house.models, stale, false)).toMatchObject({ thread_id: thread(second) });
  expect(await messagesOf(thread(second))).toBe(3);
});

describe('mail of a contact', () => {
  const annId = async (email = 'ann@client.test') =>
    (await house.models.Contact.findOne({ email }).orFail().lean())._id;

  test('who is blocked is stored as closed spam, and opens nothing', async () => {
    const first = await house.receive({});
    const closed = { status: 'closed', closed_at: new Date(Date.now() - 1_000) };
    await house.models.Ticket.updateOne({ _id: thread(first) }, { $set: closed });
    await house.models.Contact.updateOne({ _id: await annId() }, { $set: { blocked_at: new Date() } });
    const answer = await answerTo(first);
    expect(thread(answer)).toBe(thread(first));
    expect(await rowOf(thread(first))).toMatchObject({ status: 'closed' });
    const fresh = await house.receive({});
    // No member is notified of spam.
    expect(fresh.messages).toMatchObject([{ spam: true }]);
    expect(await rowOf(thread(fresh))).toMatchObject({ status: 'closed', spam: true, hidden: 'spam' });
    await house.models.Contact.updateOne({ _id: await annId() }, { $set: { blocked_at: null } });
    await answerTo(first);
    expect(await rowOf(thread(first))).toMatchObject({ status: 'open' });
  });

  test('who was merged belongs to the other contact, which gets the audience of the thread', async () => {
    await house.receive({ from: 'ann@client.test' });
    await house.receive({ from: 'ann@home.test' });
    const [from, into] = [await annId('ann@home.test'), await annId()];
    await mergeContacts(house.models, WORKSPACE, { from, into }, () => undefined);
    const later = await house.receive({ from: 'ann@home.test', to: ['hello@acme.test'] });
    expect(await rowOf(thread(later), 'conversation')).toMatchObject({ contact_id: into });
    expect(await house.models.Ticket.countDocuments({ contact_id: into })).toBe(2);
    const contact = await house.models.Contact.findById(into).orFail().lean();
    expect(contact.audiences.toSorted()).toEqual(['shared', 'tickets']);
  });
});
