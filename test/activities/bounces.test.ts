import { digest } from '../../src/infra/parser/digest.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import type { Outbound } from '../../src/infra/models/outbound.ts';
import { postOf } from '../infra/parser/post.ts';
import {
  newHouse,
  runStep,
  storeMail,
  STRANGER_WORKSPACE,
  takeThrough,
  VERDICTS,
  type House,
  type Mail,
} from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';

/** The message that the fixtures are about. */
const ORIGINAL = '<5b0c9d2e7a1b4c63a5d8e9f0b1c2d3e4@postroom.test>';

let house: House;
let ticket: { kind: 'ticket'; id: string };
beforeEach(async () => {
  house = await newHouse();
  const received = await house.receive({});
  ticket = { kind: 'ticket', id: received.threads[0]! };
});
afterEach(() => house.close());

const address = (email: string) => ({ email, name: '' });

/** A reply that was sent, by default to gone@ alone. */
const sent = (change: Parameters<typeof saveReply>[2] = {}): Promise<Reply> =>
  saveReply(house, ticket, {
    state: 'sent',
    message_id: ORIGINAL,
    to: [address('Gone@Client.test')],
    ...change,
    outbound: { attempt: 1, is_open: false, ...change.outbound },
  });
/** A fixture as it comes out of the parser, for support@. */
async function fixture(file: string, change: Mail = {}): Promise<Mail> {
  const { from, to, cc, reply_to, ...mail } = await digest(
    postOf('mime', { mime: `test/fixtures/${file}.eml` }),
  );
  return {
    ...mail,
    recipient: 'support@acme.test',
    from: from?.email ?? '',
    to: to.map(({ email }) => email),
    cc: cc.map(({ email }) => email),
    reply_to: reply_to.map(({ email }) => email),
    ...change,
  };
}
const receive = async (file: string, change: Mail = {}) => house.receive(await fixture(file, change));
const deliveries = ({ outbound }: { outbound: Outbound }) =>
  Object.fromEntries(outbound.deliveries.map((row) => [row.recipient, row.state]));
const close = () =>
  house.models.Ticket.updateOne(
    { _id: ticket.id },
    { $set: { status: 'closed', closed_at: new Date(Date.now() - 1_000) } },
  );
const status = async () => (await house.models.Ticket.findById(ticket.id).orFail().lean()).status;

/** Numbers of messages, tickets, conversations and contacts. */
async function counts(): Promise<number[]> {
  const { Message, Ticket, Conversation, Contact } = house.models;
  return Promise.all([
    Message.countDocuments(),
    Ticket.countDocuments(),
    Conversation.countDocuments(),
    Contact.countDocuments(),
  ]);
}

test('a bounce marks the message, opens the ticket again, and becomes nothing else', async () => {
  const reply = await sent();
  await close();
  const before = await counts();
  const { row } = await receive('bounces/postfix');
  expect(row).toMatchObject({
    state: 'skipped',
    reason: 'bounce',
    classified_by: 'multipart/report',
    about_message_id: reply._id,
    message_ids: [],
  });
  expect(await readReply(house, reply._id)).toMatchObject({
    state: 'failed',
    outbound: {
      reason: expect.stringContaining("User doesn't exist"),
      deliveries: [{ recipient: 'gone@client.test', state: 'failed', attempt: 1, at: row.received_at }],
    },
  });
  expect(await status()).toBe('open');
  expect(await counts()).toEqual(before);
});

test.each([
  ['exim', 'failed'],
  ['exim-report', 'failed'],
  ['exim-delayed', 'delayed'],
  ['exchange-german', 'failed'],
  ['exchange-french', 'failed'],
  ['japanese', 'failed'],
  ['gmail', 'failed'],
  ['qmail', 'failed'],
  ['headers-only', 'failed'],
  ['alias', 'failed'],
  ['no-recipient', 'failed'],
  ['postfix-delayed', 'delayed'],
  ['postfix-relayed', 'delivered'],
  ['bounce-of-a-bounce', 'sent'],
])('%s: %s', async (name, state) => {
  const reply = await sent();
  const { row } = await receive(`bounces/${name}`);
  expect(row).toMatchObject({ state: 'skipped', reason: 'bounce', message_ids: [] });
  expect(row.about_message_id).toBe(state === 'sent' ? null : reply._id);
  expect((await readReply(house, reply._id)).state).toBe(state);
});

test('one of several recipients failed: each has its own state, and the message the worst', async () => {
  const reply = await sent({
    cc: [address('ann@client.test')],
    outbound: { bcc: [address('slow@client.test')] },
  });
  await receive('bounces/several');
  const after = await readReply(house, reply._id);
  expect(after.state).toBe('failed');
  expect(deliveries(after)).toEqual({
    'gone@client.test': 'failed',
    'ann@client.test': 'delivered',
    'slow@client.test': 'delayed',
  });
});

describe('it changes nothing', () => {
  test('about a message that is not here', async () => {
    const { row } = await receive('bounces/postfix');
    expect(row).toMatchObject({ state: 'skipped', reason: 'bounce', about_message_id: null });
    expect(await counts()).toEqual([1, 1, 0, 1]);
  });

  test('about another workspace’s message', async () => {
    const reply = await sent({ workspace_id: STRANGER_WORKSPACE, thread_id: 'theirs', contact_id: 'c' });
    const { row } = await receive('bounces/postfix');
    expect(row).toMatchObject({ workspace_id: 'w1', state: 'skipped', about_message_id: null });
    expect(await readReply(house, reply._id)).toEqual(reply);
  });

  test('about a person who was not a recipient of the message', async () => {
    const reply = await sent({ to: [address('other@client.test')] });
    const { row } = await receive('bounces/postfix');
    expect(row).toMatchObject({ state: 'skipped', about_message_id: reply._id });
    expect(await readReply(house, reply._id)).toEqual(reply);
  });

  test('without a recipient, when the message was for two', async () => {
    const reply = await sent({ cc: [address('ann@client.test')] });
    await receive('bounces/no-recipient');
    expect(await readReply(house, reply._id)).toEqual(reply);
  });

  test('about a message that was never sent', async () => {
    const reply = await sent({ state: 'cancelled', outbound: { attempt: 0 } });
    expect((await receive('bounces/postfix')).row.about_message_id).toBeNull();
    expect(await readReply(house, reply._id)).toEqual(reply);
  });

  test('about an inbound message or a note with that id', async () => {
    const note = await sent({ direction: 'note', state: 'saved' } as never);
    expect((await receive('bounces/postfix')).row.about_message_id).toBeNull();
    expect(await readReply(house, note._id)).toEqual(note);
  });

  test('when it fails SPF or DKIM', async () => {
    const reply = await sent();
    for (const verdicts of [VERDICTS.fail, { ...VERDICTS.none, dkim: 'fail' as const }]) {
      const { row } = await receive('bounces/postfix', { verdicts });
      expect(row).toMatchObject({ state: 'skipped', reason: 'bounce', about_message_id: null });
    }
    expect(await readReply(house, reply._id)).toEqual(reply);
  });
});

describe('forged by somebody who got the message too', () => {
  const delivered = (recipient: string) => ({
    kind: 'delivered' as const,
    recipient,
    at: new Date(),
    reason: null,
    message: null,
  });
  const toBoth = () => sent({ cc: [address('eve@evil.test')] });
  const forgers: [string, Mail][] = [
    ['unproved', { from: 'mailer-daemon@client.test' }],
    [
      'proved to be the forger’s',
      {
        from: 'mailer-daemon@evil.test',
        envelope_from: 'eve@evil.test',
        verdicts: VERDICTS.pass,
      },
    ],
    [
      'From the recipient, proved to be the forger’s',
      {
        from: 'mailer-daemon@client.test',
        envelope_from: 'eve@evil.test',
        verdicts: VERDICTS.pass,
      },
    ],
  ];

  test.each(forgers)('%s: what the provider said of the delivery stays', async (_name, mail) => {
    const reply = await toBoth();
    await applyEvents(house.models, reply._id, [delivered('gone@client.test')]);
    await close();
    await receive('bounces/postfix', mail);
    expect(deliveries(await readReply(house, reply._id))).toMatchObject({ 'gone@client.test': 'delivered' });
    expect(await status()).toBe('closed');
  });

  test.each(forgers)(
    '%s: it ends when the provider has delivered, and its text is marked',
    async (_name, mail) => {
      const reply = await toBoth();
      await receive('bounces/postfix', mail);
      const before = (await readReply(house, reply._id)).outbound;
      expect(before.deliveries.find(({ recipient }) => recipient === 'gone@client.test')).toMatchObject({
        state: 'failed',
        foreign: true,
        reason: expect.stringMatching(/^Only a mail says so .*: “.*User doesn't exist.*”$/),
      });
      const both = [delivered('gone@client.test'), delivered('eve@evil.test')];
      await applyEvents(house.models, reply._id, both);
      expect(await readReply(house, reply._id)).toMatchObject({
        state: 'delivered',
        outbound: { reason: null },
      });
    },
  );

  test('after another attempt, for a recipient who had it before', async () => {
    const reply = await sent({ cc: [address('eve@evil.test')], outbound: { attempt: 2 } });
    const message = { id: reply._id, attempt: 1 };
    await applyEvents(house.models, reply._id, [{ ...delivered('gone@client.test'), message }]);
    await receive('bounces/postfix');
    expect(deliveries(await readReply(house, reply._id))).toMatchObject({ 'gone@client.test': 'delivered' });
  });

  test('a bounce of the recipient’s own domain counts, also after the delivery', async () => {
    const reply = await toBoth();
    await applyEvents(house.models, reply._id, [delivered('gone@client.test')]);
    await receive('bounces/postfix', {
      from: 'mailer-daemon@mail.client.test',
      headers: [['DKIM-Signature', 'd=client.test; b=x']],
      verdicts: { ...VERDICTS.none, dkim: 'pass' },
    });
    expect((await readReply(house, reply._id)).outbound.deliveries).toContainEqual({
      recipient: 'gone@client.test',
      attempt: 1,
      state: 'failed',
      at: expect.any(Date),
      reason: expect.stringMatching(/^[^“]*User doesn't exist/),
    });
  });
});

test('a warning that comes after the delivery, or the failure, changes nothing', async () => {
  const reply = await sent();
  await receive('bounces/postfix-relayed');
  await receive('bounces/postfix-delayed');
  expect((await readReply(house, reply._id)).state).toBe('delivered');
  await receive('bounces/postfix');
  await receive('bounces/postfix-delayed');
  expect((await readReply(house, reply._id)).state).toBe('failed');
});

test('it is idempotent, also concurrently with itself and after the end', async () => {
  const reply = await sent();
  const row = await storeMail(house.models, await fixture('bounces/postfix'));
  await Promise.all([1, 2, 3].map(() => takeThrough(house.models, house.steps, row)));
  const snapshot = async () => ({
    reply: await readReply(house, reply._id),
    row: await house.models.InboundEmail.findById(row._id, { updated_at: 0 }).lean(),
  });
  const before = await snapshot();
  expect(before.reply).toMatchObject({ state: 'failed', outbound: { changes: 1 } });
  await runStep(house.steps.classifyEmail, { id: row._id, key: row.key, run: 1 });
  expect(await snapshot()).toEqual(before);
});

test('a mail of a person who quotes or attaches a bounce is ordinary', async () => {
  const reply = await sent();
  for (const name of ['reply-quoting-a-bounce', 'bounce-attached']) {
    const { row, messages } = await receive(`machines/${name}`);
    expect(row).toMatchObject({ state: 'routed', classified_by: null });
    expect(messages).toHaveLength(1);
  }
  expect((await readReply(house, reply._id)).state).toBe('sent');
});
