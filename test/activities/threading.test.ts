import type { MessageRow } from '../../src/infra/models/index.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import {
  addSent,
  newHouse,
  runStep,
  storeMail,
  takeThrough,
  VERDICTS,
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
const thread = (received: Received) => received.threads[0];
const known = (received: Received) => received.messages[0]?.sender_known;
const answerTo = (parent: Received, mail: Mail = {}) => house.receive({ in_reply_to: [id(parent)], ...mail });

describe('an answer finds its thread', () => {
  test('by In-Reply-To, before purpose', async () => {
    const first = await house.receive({ to: ['support@acme.test'] });
    const answer = await answerTo(first, { to: ['hello@acme.test'] });
    expect(thread(answer)).toBe(thread(first));
    expect(answer.messages[0]).toMatchObject({
      audience: 'tickets',
      to_email: 'hello@acme.test',
      opens: false,
    });
  });

  test('by References, the newest first', async () => {
    const old = await house.receive({});
    const newer = await house.receive({});
    const answer = await house.receive({ references: [id(old), id(newer), '<unknown@x>'] });
    expect(thread(answer)).toBe(thread(newer));
  });

  test('not in another workspace', async () => {
    const first = await house.receive({});
    await house.models.WorkspaceEmail.updateOne(
      { _id: house.emails.billing._id },
      { $set: { workspace_id: 'w2' } },
    );
    const answer = await answerTo(first, { recipient: 'billing@acme.test' });
    expect(answer.messages[0]?.workspace_id).toBe('w2');
    expect(thread(answer)).not.toBe(thread(first));
  });

  test('a personal address joins no shared thread, and no other one’s', async () => {
    const shared = await house.receive({ to: ['hello@acme.test'] });
    const dana = await house.receive({ to: ['dana@acme.test'] });
    expect((await answerTo(shared, { to: ['dana@acme.test'] })).messages[0]?.audience).toBe('owner:dana');
    const toErik = await answerTo(dana, { to: ['erik@acme.test'] });
    expect(toErik.messages[0]?.audience).toBe('owner:erik');
    const toSupport = await answerTo(dana, { to: ['support@acme.test'] });
    expect(toSupport.messages[0]?.audience).toBe('tickets');
    expect(thread(await answerTo(dana, { to: ['dana@acme.test'] }))).toBe(thread(dana));
  });

  test('an answer to a message sent from the receiving address joins it wherever it is', async () => {
    const personal = await house.receive({ to: ['dana@acme.test'] });
    await addSent(house.models, personal.messages[0]!, '<ours@acme.test>', 'support@acme.test');
    const answer = await house.receive({ to: ['support@acme.test'], in_reply_to: ['<ours@acme.test>'] });
    expect(thread(answer)).toBe(thread(personal));
    const other = await house.receive({ to: ['billing@acme.test'], in_reply_to: ['<ours@acme.test>'] });
    expect(thread(other)).not.toBe(thread(personal));
  });

  test('of several messages, by the one in its own audience', async () => {
    const mail = { message_id: '<both@client.test>' };
    const both = await house.receive({
      ...mail,
      recipient: house.forwarding,
      to: ['support@acme.test', 'hello@acme.test'],
    });
    const toHello = await answerTo(both, { to: ['hello@acme.test'] });
    expect(toHello.messages[0]?.audience).toBe('shared');
    expect(thread(toHello)).toBe(both.threads[1]);
    expect(thread(await answerTo(both, { to: ['billing@acme.test'] }))).toBe(both.threads[0]);
  });
});

describe('strangers', () => {
  test('a stranger’s answer is recorded and marked, and its people do not take part in the thread', async () => {
    const first = await house.receive({ from: 'ann@client.test' });
    const stranger = await answerTo(first, { from: 'eve@evil.test', cc: ['friend@evil.test'] });
    expect(thread(stranger)).toBe(thread(first));
    expect(known(stranger)).toBe(false);
    expect(stranger.messages[0]).toMatchObject({ sender_reason: 'stranger' });
    expect(known(await answerTo(first, { from: 'friend@evil.test' }))).toBe(false);
    expect(known(await answerTo(first, { from: 'eve@evil.test' }))).toBe(false);
    expect(known(await answerTo(first, { from: 'Ann@Client.test' }))).toBe(true);
  });

  test('a person in Cc of the opening mail, or of a known one, takes part', async () => {
    const first = await house.receive({ cc: ['carl@client.test'] });
    const from = 'carl@client.test';
    const carl = await answerTo(first, { from, cc: ['dora@client.test'], verdicts: VERDICTS.pass });
    expect(known(carl)).toBe(true);
    expect(known(await answerTo(carl, { from: 'dora@client.test' }))).toBe(true);
    // Nothing proves that this is Carl's.
    await answerTo(first, { from, cc: ['eve@client.test'] });
    expect(known(await answerTo(carl, { from: 'eve@client.test' }))).toBe(false);
  });

  test('an address that fails SPF or DKIM is marked, also in a new thread', async () => {
    const verdicts = { spf: 'fail', dkim: 'fail', spam: 'unknown', spamScore: null } as const;
    expect(known(await house.receive({ verdicts }))).toBe(false);
    const [message] = (await house.receive({ verdicts })).messages;
    const authentication = { spf: 'fail', dkim: 'fail', dmarc: 'unknown', verdict: 'fail' };
    expect(message).toMatchObject({ sender_reason: 'unproved', authentication });
    expect(known(await house.receive({ verdicts: { ...verdicts, dkim: 'pass' } }))).toBe(false);
    const headers: Mail['headers'] = [['DKIM-Signature', 'd=client.test; b=x']];
    expect(known(await house.receive({ headers, verdicts: { ...verdicts, dkim: 'pass' } }))).toBe(true);
  });
});

describe('late parents and siblings', () => {
  const parent: Mail = {
    message_id: '<late@client.test>',
    from: 'ann@client.test',
    cc: ['carl@client.test'],
  };

  test('a parent that comes after its answer joins it', async () => {
    const answer = await house.receive({
      in_reply_to: ['<late@client.test>'],
      from: 'carl@client.test',
      cc: ['ann@client.test'],
    });
    const late = await house.receive(parent);
    expect(thread(late)).toBe(thread(answer));
    expect(await house.models.Ticket.countDocuments()).toBe(1);
    expect(
      thread(await house.receive({ in_reply_to: ['<late@client.test>'], from: 'zoe@client.test' })),
    ).toBe(thread(answer));
  });

  test('a parent whose sender does not take part in the thread does not join it', async () => {
    const answer = await house.receive({ in_reply_to: ['<late@client.test>'], from: 'zoe@client.test' });
    expect(thread(await house.receive(parent))).not.toBe(thread(answer));
  });

  test('a newsletter’s answers with one In-Reply-To from two people: two tickets', async () => {
    const ann = await house.receive({ in_reply_to: ['<newsletter@acme.test>'], from: 'ann@client.test' });
    const bob = await house.receive({ in_reply_to: ['<newsletter@acme.test>'], from: 'bob@client.test' });
    expect(thread(bob)).not.toBe(thread(ann));
    const again = await house.receive({ in_reply_to: ['<newsletter@acme.test>'], from: 'bob@client.test' });
    expect(thread(again)).toBe(thread(bob));
  });

  test('a contact form’s constant Message-Id from two customers, with a reply between: two tickets', async () => {
    const form = { message_id: '<form@acme.test>', from: 'support@acme.test' };
    const ann = await house.receive({
      ...form,
      reply_to: ['ann@client.test'],
      date: new Date('2026-11-23T10:00:00Z'),
    });
    const reply = await house.receive({ in_reply_to: ['<form@acme.test>'], from: 'ann@client.test' });
    expect(thread(reply)).toBe(thread(ann));
    const bob = await house.receive({
      ...form,
      reply_to: ['bob@client.test'],
      date: new Date('2026-11-23T11:00:00Z'),
      text: 'Something else entirely, from another person',
    });
    expect(thread(bob)).not.toBe(thread(ann));
    // From now on the id leads no mail to a thread.
    const lost = await house.receive({ in_reply_to: ['<form@acme.test>'], from: 'bob@client.test' });
    expect([thread(ann), thread(bob)]).not.toContain(thread(lost));
  });

  test('parent and child, or two siblings, that come concurrently: one thread', async () => {
    for (let round = 0; round < 10; round += 1) {
      const parentId = `<p${round}@client.test>`;
      const mails: Mail[] = [
        { message_id: parentId, from: 'ann@client.test', cc: ['carl@client.test'] },
        { in_reply_to: [parentId], from: 'carl@client.test', cc: ['ann@client.test'] },
        { in_reply_to: [parentId], from: 'ann@client.test', cc: ['carl@client.test'] },
      ];
      const received = await Promise.all(mails.map((mail) => house.receive(mail)));
      expect(new Set(received.map(thread)).size).toBe(1);
      expect(await house.models.Ticket.countDocuments()).toBe(round + 1);
    }
  });
});

test('messages that create their thread concurrently are each applied to it', async () => {
  const [message] = (await house.receive({})).messages as [MessageRow];
  await house.models.Ticket.deleteMany({});
  const words = ['ant', 'bee', 'cat', 'dog', 'eel'];
  await Promise.all(words.map((word) => applyToThread(house.models, { ...message, words: [word] }, false)));
  const [ticket, ...others] = await house.models.Ticket.find().lean();
  expect(others).toEqual([]);
  expect(ticket?.words).toEqual(expect.arrayContaining(words));
});

describe('once per audience', () => {
  test('one mail to two addresses of one audience: one message, and a copy', async () => {
    const mail: Mail = { message_id: '<one@client.test>', to: ['support@acme.test', 'billing@acme.test'] };
    const [a, b] = await Promise.all([
      house.receive({ ...mail, recipient: 'support@acme.test' }),
      house.receive({ ...mail, recipient: 'billing@acme.test' }),
    ]);
    expect(a.row.message_ids).toEqual(b.row.message_ids);
    expect(await house.models.Message.countDocuments()).toBe(1);
    expect(await house.models.Ticket.countDocuments()).toBe(1);
  });

  test('a copy to a personal address is also one personal conversation', async () => {
    const mail: Mail = { message_id: '<one@client.test>', to: ['support@acme.test', 'dana@acme.test'] };
    await house.receive({ ...mail, recipient: 'support@acme.test' });
    await house.receive({ ...mail, recipient: 'dana@acme.test' });
    const audiences = (await house.models.Message.find().lean()).map((m: MessageRow) => m.audience);
    expect(audiences.sort()).toEqual(['owner:dana', 'tickets']);
  });

  test('one mail, direct and through a forwarder that adds a banner and rewrites From: one message', async () => {
    const text = 'My printer is on fire, what shall I do now?';
    const mail = { message_id: '<one@client.test>', to: ['support@acme.test'] };
    const direct = await house.receive({ ...mail, text });
    const forwarded = await house.receive({
      ...mail,
      recipient: house.forwarding,
      from: 'support@acme.test',
      headers: [['X-Original-From', 'Ann <ann@client.test>']],
      subject: '[EXTERNAL] A question',
      text: `CAUTION: external sender!\n\n${text}`,
    });
    expect(forwarded.row.message_ids).toEqual(direct.row.message_ids);
    expect(forwarded.messages[0]?.copies).toHaveLength(2);
  });

  test('a reused Message-Id with other content is another message, in a ticket of its own', async () => {
    const mail: Mail = { message_id: '<reused@client.test>' };
    const first = await house.receive(mail);
    const second = await house.receive({ ...mail, text: 'Completely different words in this one.' });
    const again = await house.receive({ ...mail, text: 'Completely different words in this one.' });
    expect(await house.models.Message.countDocuments()).toBe(2);
    expect(thread(second)).not.toBe(thread(first));
    expect(again.row.message_ids).toEqual(second.row.message_ids);
    expect(await house.models.Ticket.countDocuments()).toBe(2);
  });

  test('without a Message-Id the same mail is one message, and another mail is another', async () => {
    const mail: Mail = { message_id: null };
    await house.receive(mail);
    await house.receive(mail);
    await house.receive({ ...mail, text: 'Quite another matter, from the same person.' });
    await house.receive({ ...mail, from: 'bob@client.test' });
    expect(await house.models.Message.countDocuments()).toBe(3);
    expect((await house.models.Message.find().lean()).every((m: MessageRow) => m.message_id === null)).toBe(
      true,
    );
  });

  test('fifty copies at once: one message, one ticket', async () => {
    const mail: Mail = { message_id: '<fifty@client.test>' };
    await Promise.all(Array.from({ length: 50 }, () => house.receive(mail)));
    expect(await house.models.Message.countDocuments()).toBe(1);
    expect(await house.models.Ticket.countDocuments()).toBe(1);
  });
});

test('each step may run concurrently with itself and after all later ones', async () => {
  const first = await house.receive({});
  const row = await storeMail(house.models, { in_reply_to: [id(first)], cc: ['dana@acme.test'] });
  const mail = { id: row._id, key: row.key, run: 1 };
  await Promise.all([1, 2, 3].map(() => takeThrough(house.models, house.steps, row)));
  const before = await snapshot();
  for (const name of [
    'recordMessage',
    'matchContact',
    'routeEmail',
    'classifyEmail',
    'resolveForwarding',
  ] as const) {
    await Promise.all([1, 2].map(() => runStep<[typeof mail], unknown>(house.steps[name], mail)));
  }
  expect(await snapshot()).toEqual(before);
  expect(before.messages).toHaveLength(2);
});

test('a step of an older run writes nothing', async () => {
  const row = await storeMail(house.models, {});
  await house.models.InboundEmail.updateOne({ _id: row._id }, { $set: { run: 2 } });
  const old = { id: row._id, key: row.key, run: 1 };
  await expect(runStep(house.steps.resolveForwarding, old)).rejects.toMatchObject({
    type: 'Superseded',
    nonRetryable: true,
  });
  await expect(runStep(house.steps.recordMessage, old)).rejects.toMatchObject({ type: 'Superseded' });
});

async function snapshot() {
  const [messages, tickets, contacts, inbound] = await Promise.all([
    house.models.Message.find().sort({ _id: 1 }).lean(),
    house.models.Ticket.find().sort({ _id: 1 }).lean(),
    house.models.Contact.find().sort({ _id: 1 }).lean(),
    house.models.InboundEmail.find({}, { updated_at: 0, routed_at: 0 }).sort({ _id: 1 }).lean(),
  ]);
  return { messages, tickets, contacts, inbound };
}
