import { createSignalHub, deleteOldSignals, sendSignal } from '../../src/core/events/signals.ts';
import { until } from '../support/until.ts';
import { askedTicket, createWorld, rows, seedEmails, type World } from './world.ts';

type User = 'dana' | 'max' | 'olga';
interface Present {
  data: { user_id: string; viewing: boolean; writing: boolean; until: string }[];
}

let world: World;
const stopping = new AbortController();
beforeAll(async () => {
  world = await createWorld({ stopping: stopping.signal });
});
afterAll(async () => {
  stopping.abort();
  await world[Symbol.asyncDispose]();
});

const say = async (path: string, user: User, body: object) =>
  (await (await world.post(`${path}/presence`, world.tokens[user], body)).json()) as Present;
const who = ({ data }: Present) => data.map(({ user_id, writing }) => [user_id, writing]);

/** A stream of events, and what has come so far. */
async function listen(user: User) {
  const answer = await fetch(`${world.url}/api/v1/workspaces/acme/changes`, {
    headers: { authorization: `Bearer ${world.tokens[user]}`, accept: 'text/event-stream' },
  });
  let text = '';
  void (async () => {
    for await (const bytes of answer.body ?? []) text += Buffer.from(bytes as Uint8Array).toString();
  })().catch(() => undefined);
  await until('the beginning', () => text.includes('listening'));
  return { text: () => text };
}

test('each says that they are there, and receives who else is, until it ends', async () => {
  const { _id } = await rows.ticket(world.models, {});
  const path = `/tickets/${_id}`;
  const first = await say(path, 'dana', { viewing: true, writing: false });
  expect(who(first)).toEqual([['dana', false]]);
  const leftMs = Date.parse(first.data[0]!.until) - Date.now();
  expect(leftMs).toBeGreaterThan(20_000);
  expect(leftMs).toBeLessThanOrEqual(45_000);
  expect(who(await say(path, 'max', { viewing: true, writing: true }))).toEqual([
    ['dana', false],
    ['max', true],
  ]);
  expect(who(await say(path, 'dana', { viewing: false }))).toEqual([['max', true]]);
  await world.models.Signal.updateMany({}, { expires_at: new Date(Date.now() - 1) });
  expect(who(await say(path, 'olga', {}))).toEqual([['olga', false]]);
  await deleteOldSignals(world.models);
  expect(await world.models.Signal.countDocuments()).toBe(1);
});

test('a draft that is saved, discarded or sent is signalled to its writer’s own streams', async () => {
  await seedEmails(world);
  const [danas, maxs] = await Promise.all([listen('dana'), listen('max')]);
  const id = await askedTicket(world);
  const path = `/tickets/${id}`;
  const save = async () => {
    const answer = await world.put(`${path}/draft/reply`, world.tokens.dana, { text: 'A' });
    return ((await answer.json()) as { id: string }).id;
  };
  const signals = () =>
    [...danas.text().matchAll(/^event: draft\.updated\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
  // The watch of signals opens with the first stream, so the first ones may come before it.
  let draft = '';
  await until('a save', async () => {
    draft = await save();
    return signals().length > 0;
  });
  expect(signals()[0]).toMatchObject({ data: { draft_id: draft, ticket_id: id } });
  const next = async (act: () => Promise<Response>) => {
    const before = signals().length;
    expect((await act()).ok).toBe(true);
    await until('one more', () => signals().length > before);
    expect(signals().at(-1)).toMatchObject({ data: { draft_id: draft } });
  };
  await next(() => world.delete(`/drafts/${draft}`, world.tokens.dana));
  await save();
  await next(() => world.patch(`/drafts/${draft}`, world.tokens.dana, { text: 'B' }));
  let sent = '';
  await next(async () => {
    const answer = await world.post(`${path}/messages`, world.tokens.dana, { text: 'B', draft });
    sent = ((await answer.clone().json()) as { id: string }).id;
    return answer;
  });
  // A colleague takes it back: it is her draft again, and her tabs hear of it.
  await next(() => world.delete(`${path}/messages/${sent}`, world.tokens.max));
  await say(path, 'olga', {});
  await until('a later signal', () => maxs.text().includes('"olga"'));
  expect(maxs.text()).not.toContain('draft.updated');
});

test('streams receive it at once, without an id, and only of what their user may see', async () => {
  const [danas, maxs] = await Promise.all([listen('dana'), listen('max')]);
  const ticket = await rows.ticket(world.models, {});
  const personal = { audience: 'owner:dana', owner_id: 'dana', agent_id: 'dana' };
  const conversation = await rows.conversation(world.models, personal);
  // The watch of signals opens with the first stream, so the first ones may come before it.
  await until('presence', async () => {
    await say(`/conversations/${conversation._id}`, 'dana', { writing: true });
    await say(`/tickets/${ticket._id}`, 'dana', { writing: true });
    return [danas, maxs].every(({ text }) => text().includes(ticket._id));
  });
  const [line] = /^event: thread\.presence\ndata: .*$/m.exec(maxs.text())!;
  expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
    type: 'thread.presence',
    data: { ticket_id: ticket._id, user_id: 'dana', viewing: true, writing: true },
  });
  expect(maxs.text()).not.toMatch(/id: \S+\nevent: thread\.presence/);
  await until('her own', () => danas.text().includes(conversation._id));
  expect(maxs.text()).not.toContain(conversation._id);
  // Reading is for one's own devices.
  await world.post(`/tickets/${ticket._id}/read`, world.tokens.dana);
  await until('the read state', () => danas.text().includes('event: thread.read'));
  await say(`/tickets/${ticket._id}`, 'olga', {});
  await until('a later signal', () => maxs.text().includes('"olga"'));
  expect(maxs.text()).not.toContain('thread.read');
});

test('two web processes have watches of their own, and both receive it', async () => {
  const hubs = [createSignalHub(world.models), createSignalHub(world.models)];
  const heard = hubs.map(() => new Set<string>());
  const ends = hubs.map((hub, n) =>
    hub.listen({ workspaceId: 'acme', audiences: ['tickets'] }, ({ user_id }) => heard[n]!.add(user_id)),
  );
  const signal = { type: 'thread.presence', thread_kind: 'ticket', thread_id: 't', viewing: true } as const;
  await until('both', async () => {
    for (const [workspace_id, audience, user_id] of [
      ['acme', 'shared', 'not heard'],
      ['other', 'tickets', 'not heard'],
      ['acme', 'tickets', 'heard'],
    ] as const)
      await sendSignal(world.models, { ...signal, workspace_id, audience, user_id });
    return heard.every((users) => users.has('heard'));
  });
  expect(heard).toEqual([new Set(['heard']), new Set(['heard'])]);
  for (const end of ends) end();
});

test('wrong bodies are 422, what one cannot see is 404', async () => {
  const { _id } = await rows.conversation(world.models, { audience: 'owner:dana', owner_id: 'dana' });
  expect((await world.post(`/conversations/${_id}/presence`, world.tokens.max, {})).status).toBe(404);
  const ticket = await rows.ticket(world.models, {});
  const wrong = await world.post(`/tickets/${ticket._id}/presence`, world.tokens.max, { viewing: 'yes' });
  expect(wrong.status).toBe(422);
});
