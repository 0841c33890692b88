import mongoose from 'mongoose';
import { takesPart } from '../../src/core/threads/people.ts';
import { mergeThreads } from '../../src/core/threads/mergeThreads.ts';
import { MAX_THREAD_WORDS } from '../../src/core/threads/words.ts';
import { createModels, type MessageRow } from '../../src/infra/models/index.ts';
import { createNoteRepeat } from '../../src/ingress/noteRepeat.ts';
import { examinedBy } from '../support/examined.ts';
import { newHouse, storeMail, VERDICTS, WORKSPACE, type House } from '../support/house.ts';

/** Rows that get more with every mail stay small, and lose nothing that anybody would miss. */
let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const messageOf = (_id: string) => house.models.Message.findById(_id).orFail().lean<MessageRow>();

test('mails with a thousand Ccs: the ticket stays small, and each of them takes part', async () => {
  const cc = (mail: string) => Array.from({ length: 990 }, (_, n) => `cc-${n}@${mail}.test`);
  const first = await house.receive({ cc: cc('one') });
  const message_id = first.row.mail!.message_id!;
  await house.receive({ in_reply_to: [message_id], cc: cc('two'), verdicts: VERDICTS.pass });
  const ticket = await house.models.Ticket.collection.findOne({ _id: first.threads[0] } as never);
  expect(mongoose.mongo.BSON.calculateObjectSize(ticket!)).toBeLessThan(100_000);
  const answer = (from: string) => house.receive({ in_reply_to: [message_id], from });
  const answers = [await answer('cc-989@one.test'), await answer('cc-5@two.test'), await answer('x@y.test')];
  expect(answers.map(({ messages }) => messages[0]?.sender_known)).toEqual([true, true, false]);
});

test('whether somebody takes part is one key of an index, also among many marked mails', async () => {
  const [message] = (await house.receive({})).messages;
  const marked = (n: number) => ({
    ...message,
    _id: `marked-${n}`,
    people: ['stranger@x.test'],
    sender_known: false,
    opens: false,
  });
  await house.models.Message.collection.insertMany(
    Array.from({ length: 30 }, (_, n) => marked(n)) as never[],
  );
  const { name, host, port } = house.models.connection;
  const connection = await mongoose
    .createConnection(`mongodb://${host}:${port}/${name}`, { monitorCommands: true })
    .asPromise();
  try {
    const models = createModels(connection);
    const examined = await examinedBy(connection, async () => {
      expect(await takesPart(models, WORKSPACE, message!, 'stranger@x.test')).toBe(false);
      expect(await takesPart(models, WORKSPACE, message!, 'ann@client.test')).toBe(true);
    });
    expect(examined.map(({ docs }) => docs)).toEqual([0, 0, 1]);
  } finally {
    await connection.close();
  }
});

test('copies: the first five hundred, and each that is traced to a further address', async () => {
  const mail = { message_id: '<many@client.test>', to: ['support@acme.test'] };
  const [message] = (await house.receive({ ...mail, recipient: house.forwarding })).messages;
  const copies = Array.from({ length: 500 }, (_, n) => ({ inbound_email_id: `copy-${n}`, traced: [] }));
  await house.models.Message.collection.updateOne({ _id: message!._id } as never, { $set: { copies } });
  await house.receive({ ...mail, recipient: house.forwarding });
  expect((await messageOf(message!._id)).copies).toHaveLength(500);
  for (let again = 0; again < 2; again += 1) {
    const traced = await house.receive({
      ...mail,
      recipient: house.forwarding,
      headers: [['Delivered-To', 'dana@acme.test']],
    });
    expect(traced.messages.map(({ audience }) => audience)).toContain('owner:dana');
  }
  expect((await messageOf(message!._id)).copies).toHaveLength(501);
});

test('a thread that others are merged into has no more words than a thread may have', async () => {
  const threads = await Promise.all([house.receive({}), house.receive({})]);
  const [from, into] = threads.map(({ threads: [id] }) => id!) as [string, string];
  for (const _id of [from, into]) {
    const words = Array.from({ length: MAX_THREAD_WORDS - 1 }, (_, n) => `${_id}-${n}`);
    await house.models.Ticket.collection.updateOne({ _id } as never, { $set: { words } });
  }
  const merged = await mergeThreads(house.models, WORKSPACE, { kind: 'ticket', from, into }, () => undefined);
  expect(merged.words).toHaveLength(MAX_THREAD_WORDS);
  expect(merged.words).toEqual(expect.arrayContaining([`${into}-0`, `${from}-0`]));
});

test('a row names a hundred repeats; each further one is a row of its own', async () => {
  const { _id } = await storeMail(house.models, {});
  const noteRepeat = createNoteRepeat(house.models);
  const repeats = Array.from({ length: 99 }, (_, n) => `repeat-${n}`);
  await house.models.InboundEmail.updateOne({ _id }, { $set: { repeats } });
  for (const post of ['a', 'a', 'b', 'b', 'c']) expect(await noteRepeat(_id, post)).toBe(true);
  const row = await house.models.InboundEmail.findById(_id).orFail().lean();
  expect(row.repeats).toEqual([...repeats, 'a']);
  const further = await house.models.Repeat.find({ inbound_email_id: _id }).lean();
  expect(further.map(({ post_id }) => post_id).sort()).toEqual(['b', 'c']);
});
