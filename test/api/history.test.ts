import { endSnooze } from '../../src/core/threads/snooze.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { startFollower, type Follower } from '../support/follow.ts';
import { signedIn } from './signedIn.ts';
import { until } from '../support/until.ts';
import { askedTicket, createWorld, rows, seedEmails, type World } from './world.ts';

interface Line {
  id: string;
  actor: { kind: string; id: string | null; name: string };
  action: string;
  from: unknown;
  to: unknown;
}

let world: World;
let follower: Follower;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
  // After the numbers of the tests' own tickets.
  await world.models.Workspace.updateOne({ _id: 'acme' }, { last_ticket_number: 1_000 });
  follower = await startFollower(world.models);
});
afterAll(async () => {
  await follower.stop();
  await world[Symbol.asyncDispose]();
});

async function historyOf(path: string): Promise<Line[]> {
  const answer = await world.get(`${path}/history`, world.tokens.dana);
  return ((await answer.json()) as { data: Line[] }).data;
}
/** The history, once it has so many lines. */
const lines = (path: string, count: number) =>
  until(`${count} lines`, async () => {
    const all = await historyOf(path);
    return all.length >= count && all;
  });
const short = ({ actor, action, from, to }: Line) => [actor.id, action, from, to];
const change = (path: string, body: object, user: 'dana' | 'max' = 'dana') =>
  world.patch(path, world.tokens[user], body);

test('each change says who did it, with the value before and after', async () => {
  const path = `/tickets/${await askedTicket(world)}`;
  await change(path, { status: 'closed', agent_id: 'max' });
  await change(path, { status: 'closed', tags: ['vip'] }, 'max');
  await change(path, { tags: ['vip', 'new'], priority: 'high', subject: 'Other' });
  await change(path, { spam: true });
  await change(path, { spam: false });
  await world.delete(path, world.tokens.max);
  await world.post(`${path}/restore`, world.tokens.dana);
  const all = await lines(path, 10);
  expect(all.map(short).sort()).toEqual(
    [
      ['dana', 'status', 'open', 'closed'],
      ['dana', 'agent', null, 'max'],
      ['max', 'tags', [], ['vip']],
      ['dana', 'tags', ['vip'], ['vip', 'new']],
      ['dana', 'priority', 'normal', 'high'],
      ['dana', 'subject', 'Hello', 'Other'],
      ['dana', 'spam', false, true],
      ['dana', 'spam', true, false],
      ['max', 'trash', null, null],
      ['dana', 'restore', null, null],
    ].sort(),
  );
  expect(all[0]!.actor).toEqual({ kind: 'token', id: 'dana', name: 'dana' });
  expect(all.at(-1)!.action).toBe('restore');
  const first = await world.get(`${path}/history?limit=4`, world.tokens.dana);
  const { next_cursor } = (await first.json()) as { next_cursor: string };
  const second = await world.get(`${path}/history?limit=100&cursor=${next_cursor}`, world.tokens.dana);
  expect(((await second.json()) as { data: Line[] }).data).toEqual(all.slice(4));
});

test('a token is named by its own name, a session by its user', async () => {
  const path = `/tickets/${await askedTicket(world)}`;
  await world.models.Token.updateOne({ user_id: 'max' }, { name: 'CRM' });
  await change(path, { priority: 'high' }, 'max');
  const browser = await signedIn(world, 'dana');
  await browser.ask('PATCH', `/workspaces/acme${path}`, { priority: 'low' });
  expect((await lines(path, 2)).map(({ actor }) => actor)).toEqual([
    { kind: 'token', id: 'max', name: 'CRM' },
    { kind: 'user', id: 'dana', name: 'dana' },
  ]);
});

test('a note that was changed or deleted, and a snooze that is over, are in it', async () => {
  const thread_id = await askedTicket(world);
  const path = `/tickets/${thread_id}`;
  const written = await world.post(`${path}/messages`, world.tokens.max, { text: 'SECRET', note: true });
  const { id } = (await written.json()) as { id: string };
  await world.patch(`${path}/messages/${id}`, world.tokens.max, { text: 'other' });
  await lines(path, 1);
  await world.delete(`${path}/messages/${id}`, world.tokens.max);
  await world.delete(`${path}/messages/${id}`, world.tokens.max);
  await lines(path, 2);
  const until = new Date(Date.now() + 60_000);
  await change(path, { snoozed_until: until.toISOString() });
  for (let n = 0; n < 2; n += 1) await endSnooze(world.models, { kind: 'ticket', id: thread_id, until });
  const all = await lines(path, 4);
  expect(all.map(short)).toEqual([
    ['max', 'note_edited', null, id],
    ['max', 'note_deleted', null, id],
    ['dana', 'snoozed', null, until.toISOString()],
    [null, 'snoozed', until.toISOString(), null],
  ]);
  expect(all.at(-1)!.actor.kind).toBe('system');
  expect(JSON.stringify(await world.models.History.find({ thread_id }).lean())).not.toContain('SECRET');
});

test('mail that opens a closed thread is named with its sender', async () => {
  const contact = await rows.contact(world.models, { name: 'Ann' });
  const thread_id = await askedTicket(world);
  const path = `/tickets/${thread_id}`;
  await change(path, { status: 'closed' });
  await lines(path, 1);
  const created_at = new Date(Date.now() + 1_000);
  const mail = await rows.message(world.models, { thread_id, created_at, contact_id: contact._id });
  for (let n = 0; n < 2; n += 1) await applyToThread(world.models, mail.toObject(), false);
  const [, opened] = await lines(path, 2);
  expect(opened).toMatchObject({
    actor: { kind: 'contact', id: contact._id, name: 'Ann' },
    action: 'status',
    from: 'closed',
    to: 'open',
  });
});

test('a merged thread brings its history; a moved message says where it is now', async () => {
  const [from, into] = [await askedTicket(world), await askedTicket(world)];
  await change(`/tickets/${from}`, { priority: 'urgent' }, 'max');
  await lines(`/tickets/${from}`, 1);
  await world.post(`/tickets/${from}/merge`, world.tokens.dana, { into });
  const merged = await lines(`/tickets/${into}`, 2);
  expect(merged.map(short)).toEqual([
    ['max', 'priority', 'normal', 'urgent'],
    ['dana', 'merged', from, null],
  ]);
  const [message] = await world.models.Message.find({ thread_id: into }).lean();
  const answer = await world.post(`/tickets/${into}/messages/${message!._id}/move`, world.tokens.max);
  const { id } = (await answer.json()) as { id: string };
  for (const [path, count] of [
    [`/tickets/${into}`, 3],
    [`/tickets/${id}`, 1],
  ] as const)
    expect((await lines(path, count)).at(-1)).toMatchObject({
      action: 'moved',
      from: into,
      to: id,
      actor: { id: 'max' },
    });
});

test('nobody sees the history of what they cannot see', async () => {
  const personal = { audience: 'owner:dana', owner_id: 'dana', agent_id: 'dana' };
  const { _id } = await rows.conversation(world.models, personal);
  const path = `/conversations/${_id}`;
  await change(path, { priority: 'low' });
  await lines(path, 1);
  expect((await world.get(`${path}/history`, world.tokens.max)).status).toBe(404);
  // A line of another audience stays hidden, also in a thread that the user sees.
  const { _id: ticket } = await rows.ticket(world.models, {});
  await world.models.History.updateMany({ thread_id: _id }, { thread_id: ticket });
  const seen = await world.get(`/tickets/${ticket}/history`, world.tokens.max);
  expect(((await seen.json()) as { data: Line[] }).data).toEqual([]);
});

test('the feed says who did it', async () => {
  const position = (await (await world.get('/changes', world.tokens.olga)).json()) as { next: string };
  const id = await askedTicket(world);
  await change(`/tickets/${id}`, { priority: 'high' }, 'max');
  const body = { text: 'x', note: true };
  await world.post(`/tickets/${id}/messages`, world.tokens.dana, body);
  interface Event {
    type: string;
    data: { actor_id?: string };
  }
  const events = await until('two events', async () => {
    const answer = await world.get(`/changes?since=${position.next}`, world.tokens.olga);
    const { data } = (await answer.json()) as { data: Event[] };
    return data.some(({ data: { actor_id } }) => actor_id === 'dana') && data;
  });
  const by = (user: string) => events.filter(({ data }) => data.actor_id === user).map(({ type }) => type);
  expect(by('max')).toEqual(['ticket.updated']);
  expect(by('dana')).toEqual(['ticket.message_created']);
});
