import { CARRIER_FIELDS, carriersOf, isReused } from '../../activities/inbound/threading/matches.ts';
import { addSent, newHouse, storeMail, type House, type Mail } from '../support/house.ts';

const ID = '<one@client.test>';
const TEXT = 'My printer is on fire, what shall I do now?';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

/** Whether another mail that names the id finds it reused. */
async function isReusedNow(): Promise<boolean> {
  const row = { ...(await storeMail(house.models, {})), workspace_id: 'w1' };
  return isReused(house.models, await carriersOf(house.models, row, ID));
}

/** Adds a message with the id, as the mail's message in another audience. */
async function addForm(n: number, change: object): Promise<void> {
  const row = await house.models.Message.findOne({ message_id: ID }).orFail().lean();
  await house.models.Message.collection.insertOne({ ...row, _id: `form-${n}`, ...change } as never);
}

beforeEach(() => house.receive({ message_id: ID, text: TEXT, recipient: 'support@acme.test' }));

test('messages with one fingerprint are one mail: their bodies are not read', async () => {
  const [message] = await house.models.Message.find({ message_id: ID }).lean();
  expect(message).toMatchObject({ fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) });
  await addForm(1, { audience: 'owner:dana', text: 'This text is never compared with the other one.' });
  expect(await isReusedNow()).toBe(false);
});

test('with different fingerprints the mails are compared', async () => {
  await addForm(1, { fingerprint: 'banner', text: `CAUTION: external sender!\n\n${TEXT}` });
  expect(await isReusedNow()).toBe(false);
  await addForm(2, { fingerprint: 'other', text: 'Completely different words in this one.' });
  expect(await isReusedNow()).toBe(true);
});

test('more forms than one mail has: the id is reused', async () => {
  for (let n = 1; n <= 8; n += 1) await addForm(n, { fingerprint: `form ${n}` });
  expect(await isReusedNow()).toBe(true);
});

test('messages from before fingerprints were kept are compared, only the newest few', async () => {
  const { collection } = house.models.Message;
  await collection.updateMany({}, { $unset: { fingerprint: '' } });
  for (let n = 1; n <= 8; n += 1) await addForm(n, { created_at: new Date(Date.UTC(2030, 0, n)) });
  await collection.updateOne(
    { message_id: ID, _id: { $not: /^form/ } },
    {
      $set: { text: 'The oldest of nine, which nobody reads.' },
    },
  );
  expect(await isReusedNow()).toBe(false);
  await collection.updateOne({ _id: 'form-1' } as never, {
    $set: { text: 'Completely different words in this one.' },
  });
  expect(await isReusedNow()).toBe(true);
});

test('what threading reads of messages with an id is in an index', async () => {
  const { connection, Message } = house.models;
  const find = {
    find: Message.collection.name,
    filter: { workspace_id: 'w1', message_id: ID },
    projection: CARRIER_FIELDS,
  };
  const plan = await connection.db!.command({ explain: find, verbosity: 'executionStats' });
  expect(plan.executionStats).toMatchObject({ nReturned: 1, totalDocsExamined: 0 });
});

describe('an id of ours in the mail of a stranger', () => {
  const OURS = '<5f0c0b0a09080706@postroom.test>';
  const answer = (mail: Mail = {}) => house.receive({ in_reply_to: [OURS], ...mail });
  const steal = (mail: Mail = {}) =>
    house.receive({
      message_id: OURS,
      from: 'eve@evil.test',
      to: ['hello@acme.test'],
      text: 'Mine now.',
      ...mail,
    });
  let ticket: string;
  beforeEach(async () => {
    const first = await house.receive({ from: 'ann@client.test', cc: ['eve@evil.test'] });
    ticket = first.threads[0]!;
    await addSent(house.models, first.messages[0]!, OURS, 'support@acme.test');
  });

  test('does not lead the customer’s answer elsewhere', async () => {
    const stolen = await steal();
    expect(stolen.messages).toMatchObject([{ audience: 'shared' }]);
    expect((await answer()).threads).toEqual([ticket]);
    expect((await answer({ to: ['hello@acme.test'] })).threads).toEqual([ticket]);
    expect((await answer({ from: 'eve@evil.test' })).threads).toEqual([ticket]);
  });

  test('nor do a hundred of them', async () => {
    await steal();
    const [row] = await house.models.Message.find({ message_id: OURS, direction: 'inbound' }).lean();
    const many = Array.from({ length: 120 }, (_, n) => ({ ...row, _id: `eve-${n}`, fingerprint: `f${n}` }));
    await house.models.Message.collection.insertMany(many as never[]);
    expect((await answer()).threads).toEqual([ticket]);
  });

  test('but our message that came to another inbox of ours is answered there', async () => {
    const ours = await house.models.Message.findOne({ message_id: OURS, direction: 'outbound' })
      .orFail()
      .lean();
    const { subject, text } = ours;
    const came = await steal({ from: 'support@acme.test', subject, text });
    expect((await answer({ to: ['hello@acme.test'] })).threads).toEqual(came.threads);
    expect((await answer()).threads).toEqual([ticket]);
  });
});
