import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { mailNotifications } from '../../src/core/events/notifications/mailNotifications.ts';
import type { MessageRow } from '../../src/infra/models/index.ts';
import type { OutgoingMail } from '../../src/infra/providers/outbound.ts';
import { domainRow } from '../core/domains/rows.ts';
import { startFollower, type Follower } from '../support/follow.ts';
import { until } from '../support/until.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
let follower: Follower;
beforeEach(async () => {
  world = await createWorld();
  follower = await startFollower(world.models);
});
afterEach(async () => {
  await follower.stop();
  await world[Symbol.asyncDispose]();
});

interface Listed {
  data: {
    id: string;
    type: string;
    message_id: string | null;
    ticket_id: string | null;
    read_at: string | null;
  }[];
  next_cursor: string | null;
}
const list = async (token: string, query = '') =>
  (await (await world.get(`/notifications${query}`, token)).json()) as Listed;
const notificationsOf = async (token: string) =>
  (await list(token)).data.map(({ type, message_id }) => [type, message_id]);
const comesIn = (thread_id: string, more: Partial<MessageRow> = {}) =>
  rows.message(world.models, { thread_id, ...more });

/** A message that notifies everybody: once it has, everything before it was handled. */
async function upToNow() {
  const { _id } = await comesIn((await rows.ticket(world.models, {}))._id);
  for (const token of ['olga', 'dana', 'max'] as const)
    await until('the last one', async () =>
      (await notificationsOf(world.tokens[token])).some(([, id]) => id === _id),
    );
  await world.models.Notification.deleteMany({ message_id: _id });
}

test('a new message notifies the agent, or everybody if there is none; the first message of a thread has a type of its own', async () => {
  const { tokens } = world;
  const ticket = await rows.ticket(world.models, {});
  const first = await comesIn(ticket._id, { opens: true });
  await upToNow();
  for (const token of [tokens.olga, tokens.dana, tokens.max])
    expect(await notificationsOf(token)).toEqual([['new_thread', first._id]]);
  await world.models.Ticket.updateOne({ _id: ticket._id }, { $set: { agent_id: 'max' } });
  const second = await comesIn(ticket._id);
  await upToNow();
  expect(await notificationsOf(tokens.dana)).toHaveLength(1);
  expect(await notificationsOf(tokens.max)).toEqual(
    expect.arrayContaining([
      ['new_thread', first._id],
      ['assigned', null],
      ['new_message', second._id],
    ]),
  );
});

test('if the agent is no longer a member, everybody is notified', async () => {
  const { _id } = await rows.ticket(world.models, { agent_id: 'left-long-ago' });
  const mail = await comesIn(_id);
  await upToNow();
  for (const token of ['olga', 'dana', 'max'] as const)
    expect(await notificationsOf(world.tokens[token])).toEqual([['new_message', mail._id]]);
});

test('several changes before a notification is written make one', async () => {
  const { models, tokens } = world;
  await follower.stop();
  const { _id } = await rows.ticket(models, {});
  const reply = await comesIn(_id, { direction: 'outbound', state: 'queued' });
  for (const agent_id of ['dana', 'max'])
    await models.Ticket.updateOne({ _id }, { $set: { agent_id }, $inc: { changes: 1 } });
  for (const state of ['sending', 'failed'] as const)
    await models.Message.updateOne({ _id: reply._id }, { $set: { state } });
  follower = await startFollower(models);
  await upToNow();
  expect((await notificationsOf(tokens.max)).sort()).toEqual([
    ['assigned', null],
    ['delivery_failed', reply._id],
  ]);
  expect(await notificationsOf(tokens.dana)).toEqual([]);
});

test('automatic mail, our own messages and notes notify nobody', async () => {
  const { _id } = await rows.ticket(world.models, {});
  for (const mail of [
    { auto_reply: true },
    { list_mail: true },
    { spam: true },
    { direction: 'note', state: 'saved' },
  ] as const)
    await comesIn(_id, mail);
  await comesIn(_id, { direction: 'outbound', state: 'queued' });
  await upToNow();
  expect(await notificationsOf(world.tokens.olga)).toEqual([]);
});

test('personal mail notifies its owner only', async () => {
  const personal = { audience: 'owner:dana', owner_id: 'dana', agent_id: 'dana' };
  const { _id } = await rows.conversation(world.models, personal);
  const mail = await comesIn(_id, { thread_kind: 'conversation', audience: 'owner:dana', opens: true });
  await upToNow();
  expect(await notificationsOf(world.tokens.dana)).toEqual([['new_thread', mail._id]]);
  expect(await notificationsOf(world.tokens.olga)).toEqual([]);
  expect(await notificationsOf(world.tokens.max)).toEqual([]);
});

test('failed replies, and addresses that were proved or not, notify', async () => {
  const { _id } = await rows.ticket(world.models, { agent_id: 'max' });
  const reply = await comesIn(_id, { direction: 'outbound', state: 'sending' });
  await world.models.Message.updateOne({ _id: reply._id }, { $set: { state: 'failed' } });
  const email = await rows.workspaceEmail(world.models, { purpose: 'inbox', user_id: 'dana' });
  await world.models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { proved_at: new Date() } });
  await upToNow();
  expect(await notificationsOf(world.tokens.max)).toEqual([['delivery_failed', reply._id]]);
  expect((await notificationsOf(world.tokens.olga)).map(([type]) => type)).toEqual(['verified']);
  expect((await notificationsOf(world.tokens.dana)).map(([type]) => type)).toEqual(['verified']);
});

test('each says in words who did what and where, and shows the first words', async () => {
  const { models, tokens } = world;
  const wordsOf = async (token: string) => {
    const { data } = (await (await world.get('/notifications', token)).json()) as {
      data: { type: string; title: string; text: string }[];
    };
    return Object.fromEntries(data.map(({ type, title, text }) => [type, [title, text]]));
  };
  const { _id, number } = await rows.ticket(models, { subject: 'My parcel', agent_id: 'max', preview: 'P' });
  await comesIn(_id, { opens: true, text: 'Where is it?\n\n> Quoted' });
  await comesIn(_id, { text: 'Hello?', from: { email: 'bob@x.test', name: '' } });
  const note = { direction: 'note', state: 'saved', author_id: 'dana', mentions: ['max'] };
  await comesIn(_id, { ...note, text: 'Please look' } as Partial<MessageRow>);
  const reply = await comesIn(_id, { direction: 'outbound', state: 'sending', text: 'Soon' });
  await models.Message.updateOne(
    { _id: reply._id },
    { $set: { state: 'failed', outbound: { reason: 'No such mailbox' } } },
  );
  const email = await rows.workspaceEmail(models, {
    address: 'max@acme.test',
    purpose: 'inbox',
    user_id: 'max',
  });
  await models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { proved_at: new Date() } });
  const other = await rows.conversation(models, { subject: '', preview: 'Hi there' });
  await world.patch(`/conversations/${other._id}`, tokens.olga, { agent_id: 'max' });
  await upToNow();
  const where = `#${number} “My parcel”`;
  expect(await wordsOf(tokens.max)).toEqual({
    new_thread: [`Ann opened ${where}`, 'Where is it?'],
    new_message: [`bob@x.test wrote in ${where}`, 'Hello?'],
    mentioned: [`dana mentioned you in ${where}`, 'Please look'],
    delivery_failed: [`An answer in ${where} could not be delivered`, 'No such mailbox'],
    verified: ['max@acme.test is verified', ''],
    assigned: ['olga assigned a conversation to you', 'Hi there'],
  });
});

test('what a member no longer sees is not in the words', async () => {
  const { models, tokens } = world;
  await models.Member.updateOne({ user_id: 'max' }, { team_ids: ['law'] });
  const audience = 'team:law' as const;
  const { _id } = await rows.ticket(models, {
    audience,
    subject: 'SECRET',
    preview: 'SECRET',
    agent_id: 'max',
  });
  await comesIn(_id, { audience, text: 'SECRET', from: { email: 'secret@x.test', name: 'SECRET' } });
  await upToNow();
  const read = async () => (await world.get('/notifications', tokens.max)).text();
  expect(await read()).toContain('SECRET wrote in');
  await models.Member.updateOne({ user_id: 'max' }, { team_ids: [] });
  const text = await read();
  expect(text).toContain('Somebody wrote in a ticket');
  expect(text.toLowerCase()).not.toContain('secret');
});

test('users mark their own notifications as read, by ids or all', async () => {
  const { tokens } = world;
  const { _id } = await rows.ticket(world.models, {});
  const mails = [await comesIn(_id), await comesIn(_id), await comesIn(_id)];
  await upToNow();
  const { data } = await list(tokens.max, '?limit=2');
  expect(data).toHaveLength(2);
  const read = (token: string, body: object) => world.post('/notifications/read', token, body);
  expect(await (await read(tokens.dana, { ids: data.map(({ id }) => id) })).json()).toEqual({ read: 0 });
  expect(await (await read(tokens.max, { ids: [data[0]!.id] })).json()).toEqual({ read: 1 });
  expect((await list(tokens.max, '?unread=true')).data).toHaveLength(mails.length - 1);
  expect(await (await read(tokens.max, { all: true })).json()).toEqual({ read: 2 });
  expect((await list(tokens.max, '?unread=true')).data).toEqual([]);
  expect((await list(tokens.dana, '?unread=true')).data).toHaveLength(mails.length);
  expect((await read(tokens.max, {})).status).toBe(422);
  expect((await world.get('/notifications?unread=1', tokens.max)).status).toBe(422);
});

test('they are also mailed on request: once, as automatic mail, and never to an address that we receive for', async () => {
  const { models, tokens, storage } = world;
  expect(await (await world.get('/notifications/settings', tokens.max)).json()).toEqual({ mail: false });
  for (const [user, email] of [
    ['max', 'max@elsewhere.test'],
    ['dana', 'support+dana@acme.test'],
    ['olga', 'nobody-in-particular@all-of-it.test'],
  ] as const) {
    await models.User.updateOne({ _id: user }, { $set: { email } });
    expect((await world.patch('/notifications/settings', tokens[user], { mail: true })).status).toBe(200);
  }
  await rows.workspaceEmail(models, { address: 'support@acme.test' });
  const { _id: catch_all_id } = await rows.workspaceEmail(models, { address: 'info@all-of-it.test' });
  const owned = { owned_at: new Date(), state: 'verified' as const };
  await models.Domain.create(
    domainRow({ name: 'all-of-it.test', workspace_id: 'acme', receiving: true, catch_all_id, ...owned }),
  );
  const { _id } = await rows.ticket(models, {});
  const from = { email: 'ann@client.test', name: 'Ann' };
  await comesIn(_id, { opens: true, subject: 'My parcel', text: 'Where is it?', from });
  await upToNow();
  const sent: OutgoingMail[] = [];
  const texts: string[] = [];
  const outbound = {
    async send(mail: OutgoingMail) {
      sent.push(mail);
      texts.push((await readFile(mail.mimeFile, 'utf8')).replace(/=\r\n/g, ''));
      return { result: 'accepted' as const };
    },
  };
  const deps = {
    models,
    storage,
    outbound,
    platformDomain: 'postroom.test',
    publicUrl: 'https://desk.postroom.test',
    log: pino({ level: 'silent' }),
  };
  const signal = new AbortController().signal;
  const go = () => mailNotifications(deps as never, signal);
  await Promise.all([go(), go()]);
  await go();
  expect(sent.map(({ recipients }) => recipients)).toEqual([['max@elsewhere.test']]);
  // It links to the thread, and holds nothing of the mail.
  expect(texts[0]).toContain(`\r\nhttps://desk.postroom.test/tickets/${_id}\r\n`);
  for (const part of ['My parcel', 'Where is it?', from.email]) expect(texts[0]).not.toContain(part);
  for (const user_id of ['dana', 'olga'])
    expect(
      (await models.Notification.find({ user_id, type: 'new_thread' }).lean()).map(({ mail }) => mail),
    ).toEqual(['failed']);
});
