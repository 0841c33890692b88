import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { startFollower, type Follower } from '../support/follow.ts';
import { until } from '../support/until.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, seedEmails, storedFile, type World } from './world.ts';

type User = 'dana' | 'max' | 'olga';
interface Team {
  id: string;
  name: string;
  member_ids: string[];
}

let world: World;
let follower: Follower;
let team: string;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
  await world.models.Workspace.updateOne({ _id: 'acme' }, { last_ticket_number: 1_000 });
  follower = await startFollower(world.models);
  const made = await world.post('/teams', world.tokens.olga, { name: 'Legal', member_ids: ['dana'] });
  team = ((await made.json()) as Team).id;
  const email = { _id: 'legal@acme.test', address: 'legal@acme.test', proved_at: new Date() };
  await rows.workspaceEmail(world.models, email);
  await world.patch('/emails/legal@acme.test', world.tokens.olga, { team_id: team });
});
afterAll(async () => {
  await follower.stop();
  await world[Symbol.asyncDispose]();
});

const status = async (path: string, user: User) => (await world.get(path, world.tokens[user])).status;
const ids = async (path: string, user: User) =>
  (await answerOf(world.get(path, world.tokens[user]))).body.data.map(({ id }) => id);
const ofTeam = () => ({ audience: `team:${team}`, workspace_email_id: 'legal@acme.test' });

/** A ticket of the team with a mail, its file and the post that brought it. */
async function teamTicket() {
  const { models } = world;
  const contact = await rows.contact(models, { audiences: [`team:${team}`] });
  const { _id } = await rows.ticket(models, { ...ofTeam(), contact_id: contact._id, words: ['secret'] });
  const mail = { ...ofTeam(), thread_id: _id, to_email: 'legal@acme.test', created_at: new Date() };
  const message = await rows.message(models, mail);
  await applyToThread(models, message.toObject(), false);
  const file = await storedFile(world, 'x', { audience: ofTeam().audience, message_id: message._id });
  const inbound = await rows.inboundEmail(models, { audiences: [ofTeam().audience], state: 'routed' });
  return { ticket: _id, message: message._id, file, inbound: inbound._id, contact: contact._id };
}

test('owners make and change teams, members read them', async () => {
  const { tokens } = world;
  const made = await world.post('/teams', tokens.olga, { name: ' HR ' });
  expect(made.status).toBe(201);
  const hr = (await made.json()) as Team;
  expect(hr).toMatchObject({ name: 'HR', member_ids: [] });
  const path = `/teams/${hr.id}`;
  const change = async (body: object) => (await (await world.patch(path, tokens.olga, body)).json()) as Team;
  expect(await change({ member_ids: ['max', 'dana', 'max'] })).toMatchObject({ member_ids: ['dana', 'max'] });
  expect(await change({ name: 'People', member_ids: ['max'] })).toMatchObject({
    name: 'People',
    member_ids: ['max'],
  });
  expect(await faultsOf(answerOf(world.patch(path, tokens.olga, { member_ids: ['stranger'] })))).toEqual([
    422,
    'member_ids',
  ]);
  expect(await faultsOf(answerOf(world.post('/teams', tokens.olga, { name: ' ' })))).toEqual([422, 'name']);
  expect(await ids('/teams', 'max')).toEqual([hr.id, team]);
  expect(((await (await world.get(path, tokens.max)).json()) as Team).member_ids).toEqual(['max']);
  expect((await world.delete(path, tokens.max)).status).toBe(403);
  expect((await world.delete(path, tokens.olga)).status).toBe(204);
  expect(await status(path, 'max')).toBe(404);
  expect((await world.models.Member.findById('acme/max').lean())?.team_ids).toEqual([]);
});

test('an address has a team of the workspace, or a user, and a team with an address stays', async () => {
  const { tokens } = world;
  const path = '/emails/dana@acme.test';
  expect(await faultsOf(answerOf(world.patch(path, tokens.olga, { team_id: team })))).toEqual([
    422,
    'team_id',
  ]);
  const other = '/emails/hello@acme.test';
  const unknown = answerOf(world.patch(other, tokens.olga, { team_id: 'none' }));
  expect(await faultsOf(unknown)).toEqual([422, 'team_id']);
  expect((await world.delete(`/teams/${team}`, tokens.olga)).status).toBe(409);
  const email = (await (await world.get('/emails/legal@acme.test', tokens.max)).json()) as object;
  expect(email).toMatchObject({ team_id: team, purpose: 'ticket', user_id: null });
});

test('a team that is deleted while an address is given to it stays, or the address does not get it', async () => {
  const { tokens, models } = world;
  const address = '/emails/hello@acme.test';
  for (let n = 0; n < 8; n += 1) {
    const made = await world.post('/teams', tokens.olga, { name: `Race ${n}` });
    const { id } = (await made.json()) as Team;
    const results = await Promise.all([
      world.patch(address, tokens.olga, { team_id: id }),
      world.delete(`/teams/${id}`, tokens.olga),
      world.patch(address, tokens.olga, { team_id: id }),
    ]);
    const [given, deleted] = results.map(({ status }) => status);
    const email = await models.WorkspaceEmail.findById('hello@acme.test').lean();
    const isThere = (await models.Team.exists({ _id: id })) !== null;
    expect([given, deleted, email!.team_id === id, isThere]).toEqual(
      isThere ? [200, 409, true, true] : [422, 204, false, false],
    );
    await world.patch(address, tokens.olga, { team_id: null });
  }
});

test('what is a team’s is seen by its members alone, also by no owner outside it', async () => {
  const { ticket, message, file, inbound, contact } = await teamTicket();
  const paths = [
    `/tickets/${ticket}`,
    `/tickets/${ticket}/messages`,
    `/tickets/${ticket}/messages/${message}`,
    `/tickets/${ticket}/history`,
    `/attachments/${file}`,
    `/inbound-emails/${inbound}`,
    `/contacts/${contact}`,
  ];
  for (const path of paths) {
    expect([path, await status(path, 'dana')]).toEqual([path, 200]);
    for (const user of ['max', 'olga'] as const)
      expect([path, user, await status(path, user)]).toEqual([path, user, 404]);
  }
  for (const list of [
    '/threads?',
    '/tickets?',
    '/threads?q=secret',
    `/threads?team_id=${team}`,
    '/threads?inbox=true',
  ]) {
    expect([list, await ids(list, 'dana')]).toEqual([list, [ticket]]);
    expect([list, await ids(list, 'max')]).toEqual([list, []]);
  }
  const counts = async (user: User) =>
    (await (await world.get('/counts', world.tokens[user])).json()) as { all: { total: number } };
  expect([(await counts('dana')).all.total, (await counts('olga')).all.total]).toEqual([1, 0]);
  expect((await answerOf(world.get(`/tickets/${ticket}`, world.tokens.dana))).body).toMatchObject({
    team_id: team,
  });
  for (const act of ['read', 'presence', 'restore'])
    expect((await world.post(`/tickets/${ticket}/${act}`, world.tokens.max, {})).status).toBe(404);
});

test('its agent is one of the team; nobody else is notified, and no endpoint receives it', async () => {
  const { models, tokens } = world;
  await models.Webhook.create({
    _id: 'hook',
    workspace_id: 'acme',
    url: 'https://example.com/',
    events: ['ticket.created', 'ticket.message_created', 'ticket.updated'],
    description: '',
    active: true,
    secret: 'sealed',
    created_by: 'dana',
    created_at: new Date(),
  });
  const { ticket, message } = await teamTicket();
  const assign = (agent_id: string) => answerOf(world.patch(`/tickets/${ticket}`, tokens.dana, { agent_id }));
  expect(await faultsOf(assign('max'))).toEqual([422, 'agent_id']);
  expect((await assign('dana')).status).toBe(200);
  await until('the notification', () => models.Notification.exists({ message_id: message, user_id: 'dana' }));
  // All that came before this one has been handled then.
  const { _id: last } = await rows.message(models, { thread_id: (await rows.ticket(models, {}))._id });
  await until('a later one', () => models.Notification.exists({ message_id: last, user_id: 'olga' }));
  expect(await models.Notification.distinct('user_id', { thread_id: ticket })).toEqual(['dana']);
  const events = await models.Event.find({ audiences: `team:${team}` }, { _id: 1 }).lean();
  expect(events.length).toBeGreaterThan(1);
  const posted = { event_id: { $in: events.map(({ _id }) => _id) } };
  expect(await models.WebhookDelivery.countDocuments(posted)).toBe(0);
});

test('the feed of its members has it, and no other', async () => {
  const position = async (user: User) =>
    ((await (await world.get('/changes', world.tokens[user])).json()) as { next: string }).next;
  const since = { dana: await position('dana'), max: await position('max') };
  const { ticket } = await teamTicket();
  const { _id: last } = await rows.ticket(world.models, {});
  for (const user of ['dana', 'max'] as const) {
    const heard: string[] = [];
    await until('the last ticket', async () => {
      const answer = await world.get(`/changes?since=${since[user]}`, world.tokens[user]);
      const { data, next } = (await answer.json()) as { data: { data: { id: string } }[]; next: string };
      since[user] = next;
      heard.push(...data.map((event) => event.data.id));
      return heard.includes(last);
    });
    expect([user, heard.includes(ticket)]).toEqual([user, user === 'dana']);
  }
});

test('it is answered and opened from the team’s addresses, by its members', async () => {
  const { tokens } = world;
  const { ticket } = await teamTicket();
  const path = `/tickets/${ticket}`;
  const reply = (sending_email?: string) =>
    answerOf(world.post(`${path}/messages`, tokens.dana, { text: 'x', to: ['a@x.test'], sending_email }));
  expect(await faultsOf(reply('support@acme.test'))).toEqual([422, 'sending_email']);
  expect((await reply('legal@acme.test')).status).toBe(202);
  const { body } = await answerOf(world.get(`${path}/reply-defaults`, tokens.dana));
  expect(body.sending_email).toBe('legal@acme.test');
  const shared = await rows.ticket(world.models, { workspace_email_id: 'support@acme.test' });
  const outside = { text: 'x', to: ['a@x.test'], sending_email: 'legal@acme.test' };
  const wrong = answerOf(world.post(`/tickets/${shared._id}/messages`, tokens.dana, outside));
  expect(await faultsOf(wrong)).toEqual([422, 'sending_email']);
  const opened = await answerOf(world.post('/tickets', tokens.dana, outside));
  expect(opened).toMatchObject({ status: 202, body: { team_id: team } });
  expect(await faultsOf(answerOf(world.post('/tickets', tokens.max, outside)))).toEqual([
    422,
    'sending_email',
  ]);
});

test('a conversation of a team becomes a ticket of the team', async () => {
  const { _id } = await rows.conversation(world.models, ofTeam());
  await rows.message(world.models, { ...ofTeam(), thread_kind: 'conversation', thread_id: _id });
  const moved = await answerOf(world.post(`/conversations/${_id}/move-to-ticket`, world.tokens.dana));
  expect(moved).toMatchObject({ status: 201, body: { team_id: team } });
  expect(await status(`/tickets/${moved.body.id}`, 'max')).toBe(404);
});

test('who leaves the team, or the workspace, sees nothing of it any more, in an open stream too', async () => {
  const { tokens } = world;
  const { ticket } = await teamTicket();
  const setMembers = (member_ids: string[]) => world.patch(`/teams/${team}`, tokens.olga, { member_ids });
  await setMembers(['max']);
  expect(await status(`/tickets/${ticket}`, 'dana')).toBe(404);
  expect(await status(`/tickets/${ticket}`, 'max')).toBe(200);
  const stream = await fetch(`${world.url}/api/v1/workspaces/acme/changes`, {
    headers: { authorization: `Bearer ${tokens.max}`, accept: 'text/event-stream' },
  });
  let isOpen = true;
  void (async () => {
    await new Response(stream.body).text();
  })()
    .catch(() => undefined)
    .then(() => (isOpen = false));
  await setMembers(['dana']);
  await until('the end of the stream', () => !isOpen);
  expect(await status(`/tickets/${ticket}`, 'max')).toBe(404);
});
