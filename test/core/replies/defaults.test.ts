import type { ThreadRow } from '../../../src/infra/models/thread.ts';
import { replyDefaults } from '../../../src/core/replies/defaults.ts';
import { newHouse, VERDICTS, type House, type Mail } from '../../support/house.ts';
import { saveReply } from '../../support/replies.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const minute = (n: number) => ({ received_at: new Date(Date.UTC(2026, 10, 23, 10, n)) });

/** A ticket of these mails; each but the first answers the one before. */
async function ticketOf(...mails: Mail[]): Promise<{ id: string; ids: string[] }> {
  const ids: string[] = [];
  let id = '';
  for (const [n, mail] of mails.entries()) {
    const parent = ids.at(-1);
    const received = await house.receive({ ...minute(n), ...(parent && { in_reply_to: [parent] }), ...mail });
    ids.push(received.messages[0]!.message_id!);
    id = received.threads[0]!;
  }
  return { id, ids };
}
const defaults = async (id: string) =>
  replyDefaults(house.models, await house.models.Ticket.findById(id).orFail().lean<ThreadRow>());
const emails = (people: { email: string }[]) => people.map(({ email }) => email);

test('to the sender, with the others on copy and none of our own addresses', async () => {
  const { id } = await ticketOf({
    to: ['support@acme.test', 'Bob@Client.test', 'ann@client.test'],
    cc: ['eve@client.test', 'bob@client.test', 'support+7@acme.test', house.forwarding, 'dana@acme.test'],
  });
  const { to, cc, subject } = await defaults(id);
  expect(emails(to)).toEqual(['ann@client.test']);
  expect(emails(cc)).toEqual(['Bob@Client.test', 'eve@client.test']);
  expect(subject).toBe('Re: A question');
});

test('many later messages of ours do not hide the last sender', async () => {
  const { id } = await ticketOf({});
  const [mail] = await house.models.Message.find({ thread_id: id }).lean();
  const ours = Array.from({ length: 250 }, (_, n) => ({
    ...mail!,
    _id: `ours-${n}`,
    direction: 'outbound' as const,
    state: 'scheduled' as const,
    created_at: new Date(),
  }));
  await house.models.Message.insertMany(ours);
  expect(emails((await defaults(id)).to)).toEqual(['ann@client.test']);
});

test('to Reply-To if it counts', async () => {
  const { id } = await ticketOf({
    reply_to: ['orders@client.test', 'support@acme.test'],
    verdicts: VERDICTS.pass,
    cc: ['ann@client.test'],
  });
  const { to, cc } = await defaults(id);
  expect(emails(to)).toEqual(['orders@client.test']);
  expect(emails(cc)).toEqual(['ann@client.test']);
});

test('a stranger’s mail changes nothing, and is not what is answered', async () => {
  const { id, ids } = await ticketOf(
    {},
    { from: 'mallory@evil.test', cc: ['friend@evil.test'], subject: 'Re: pay me' },
  );
  expect(await defaults(id)).toMatchObject({
    to: [{ email: 'ann@client.test' }],
    cc: [],
    subject: 'Re: A question',
    inReplyTo: ids[0],
  });
});

test('the last mail of a participant is answered, with the whole chain', async () => {
  const { id, ids } = await ticketOf(
    { cc: ['bob@client.test'] },
    { from: 'bob@client.test', subject: 'SV: A question' },
  );
  const { to, inReplyTo, references, subject } = await defaults(id);
  expect(emails(to)).toEqual(['bob@client.test']);
  expect(inReplyTo).toBe(ids[1]);
  expect(references).toEqual(ids);
  expect(subject).toBe('Re: A question');
});

test('our own messages are in the chain once they are sent', async () => {
  const { id, ids } = await ticketOf({});
  const sent = await saveReply(
    house,
    { kind: 'ticket', id },
    { state: 'sent', created_at: minute(1).received_at },
  );
  await saveReply(house, { kind: 'ticket', id }, { state: 'cancelled', created_at: minute(2).received_at });
  const answer = await house.receive({ ...minute(3), in_reply_to: [sent.message_id] });
  const { references } = await defaults(id);
  expect(references).toEqual([ids[0], sent.message_id, answer.messages[0]!.message_id]);
});

test('if no customer has written yet, to the recipients of our last message', async () => {
  const { id } = await ticketOf({});
  await house.models.Message.deleteMany({});
  const sent = await saveReply(
    house,
    { kind: 'ticket', id },
    {
      state: 'sent',
      to: [{ email: 'zoe@client.test', name: '' }],
      cc: [{ email: 'kim@client.test', name: '' }],
    },
  );
  expect(await defaults(id)).toMatchObject({
    to: [{ email: 'zoe@client.test' }],
    cc: [{ email: 'kim@client.test' }],
    inReplyTo: sent.message_id,
  });
});

test('a contact form that writes as us: to its Reply-To', async () => {
  const { id } = await ticketOf({ from: 'support@acme.test', reply_to: ['visitor@web.test'] });
  expect(emails((await defaults(id)).to)).toEqual(['visitor@web.test']);
});
