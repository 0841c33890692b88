import type { Route } from '../../src/infra/models/inboundEmail.ts';
import type { Rerun } from '../../src/infra/temporal/rerun.ts';
import { createWorld, rows, storedFile, type World } from './world.ts';

type User = keyof World['tokens'];
const EVERYONE: User[] = ['olga', 'dana', 'max'];

/** One row of each kind for an audience: its paths, the list that would show it, and who may see it. */
interface Thing {
  name: string;
  id: string;
  list: string;
  paths: string[];
  seenBy: User[];
}

let world: World;
const things: Thing[] = [];
const rerun = (): Promise<Rerun> => Promise.resolve({ result: 'started', workflowId: 'w', run: 2 });

beforeAll(async () => {
  world = await createWorld({ rerun });
  for (const workspace of ['acme', 'other']) {
    const inAcme = (users: User[]) => (workspace === 'acme' ? users : []);
    await addThread(workspace, 'ticket', 'tickets', inAcme(EVERYONE));
    await addThread(workspace, 'conversation', 'shared', inAcme(EVERYONE));
    await addThread(workspace, 'conversation', 'owner:dana', inAcme(['dana']));
    await addContact(workspace, ['owner:dana'], inAcme(['dana']));
    await addContact(workspace, ['owner:max', 'shared'], inAcme(EVERYONE));
    await addInbound(workspace, { audiences: ['tickets', 'owner:dana'] }, inAcme(EVERYONE));
    await addInbound(workspace, { audiences: ['owner:dana'], state: 'held' }, inAcme(['dana']));
    await addInbound(workspace, { audiences: [], state: 'failed' }, inAcme(['olga']));
    const routes = [{ lands_in: 'owner:dana', audience: 'tickets' } as unknown as Route];
    await addInbound(workspace, { audiences: ['tickets'], routes, state: 'failed' }, inAcme(['dana']));
    await addInbound(workspace, { audiences: ['owner:dana'], routes }, inAcme(['dana']));
    await addInbound(workspace, { audiences: ['owner:dana', 'shared'], routes }, inAcme(EVERYONE));
    await addInbound(workspace, { audiences: ['owner:max'], routes: [], state: 'skipped' }, inAcme(['max']));
    await addEmail(workspace, inAcme(EVERYONE));
  }
  await addInbound(null, { audiences: [], state: 'skipped' }, []);
  await addInbound(null, { audiences: ['tickets'], state: 'skipped' }, []);
});
afterAll(() => world[Symbol.asyncDispose]());

async function addThread(
  workspace: string,
  kind: 'ticket' | 'conversation',
  audience: string,
  seenBy: User[],
) {
  const row = { workspace_id: workspace, audience };
  const { _id } = await rows[kind](world.models, row);
  const message = await rows.message(world.models, { ...row, thread_kind: kind, thread_id: _id });
  const file = await storedFile(world, 'secret', { ...row, message_id: message._id });
  const about = `${audience} of ${workspace}`;
  const list = `/${kind}s`;
  things.push({
    name: `${kind}, ${about}`,
    id: _id,
    list,
    paths: [`${list}/${_id}`, `${list}/${_id}/messages`],
    seenBy,
  });
  things.push({ name: `attachment, ${about}`, id: file, list: '', paths: [`/attachments/${file}`], seenBy });
}

async function addContact(workspace: string, audiences: string[], seenBy: User[]) {
  const { _id } = await rows.contact(world.models, { workspace_id: workspace, audiences });
  const name = `contact of ${audiences.join()}, ${workspace}`;
  things.push({ name, id: _id, list: '/contacts', paths: [`/contacts/${_id}`], seenBy });
}

async function addInbound(workspace: string | null, row: object, seenBy: User[]) {
  const key = `mailgun-incoming/2026/11/01/${things.length}.json`;
  const { _id } = await rows.inboundEmail(world.models, { key, ...row, workspace_id: workspace });
  const post = { id: _id, provider: 'mailgun', received_at: '', content_type: '', fields: [], files: [] };
  const rest = { mime: null, deliveries: [], content_hash: '', token_hash: null, refused: null };
  await world.storage.put(key, JSON.stringify({ ...post, ...rest }));
  const list = '/inbound-emails';
  const paths = [`${list}/${_id}`, `${list}/${_id}/raw`];
  things.push({ name: `inbound ${JSON.stringify(row)} of ${workspace}`, id: _id, list, paths, seenBy });
}

async function addEmail(workspace: string, seenBy: User[]) {
  const { _id } = await rows.workspaceEmail(world.models, { workspace_id: workspace });
  things.push({ name: `email of ${workspace}`, id: _id, list: '/emails', paths: [`/emails/${_id}`], seenBy });
}

const statuses = async (user: User): Promise<Record<string, number>> => {
  const statusByPath: Record<string, number> = {};
  for (const { name, paths } of things) {
    for (const path of paths) {
      const answer = await world.get(path, world.tokens[user]);
      statusByPath[`${name} ${path.replaceAll(/\/\w{20,}/g, '/…')}`] = answer.status;
      await answer.arrayBuffer();
    }
  }
  return statusByPath;
};

test.each(EVERYONE)('each row by its id is visible to %s, or is 404', async (user) => {
  const wanted = things.flatMap(({ name, paths, seenBy }) =>
    paths.map((path) => [
      `${name} ${path.replaceAll(/\/\w{20,}/g, '/…')}`,
      seenBy.includes(user) ? 200 : 404,
    ]),
  );
  expect(await statuses(user)).toEqual(Object.fromEntries(wanted));
});

test.each(EVERYONE)('lists hold exactly what %s may see', async (user) => {
  for (const list of new Set(things.map((thing) => thing.list).filter(Boolean))) {
    const { data } = (await (await world.get(list, world.tokens[user])).json()) as { data: { id: string }[] };
    const wanted = things.filter((thing) => thing.list === list && thing.seenBy.includes(user));
    expect([list, data.map((row) => row.id).sort()]).toEqual([list, wanted.map((thing) => thing.id).sort()]);
  }
});

test('a token of another workspace finds nothing here, not even lists, and nothing by our ids in its own workspace', async () => {
  const paths = things.flatMap((thing) => [...thing.paths, thing.list]).filter(Boolean);
  for (const path of paths) {
    expect([path, (await world.get(path, world.tokens.stranger)).status]).toEqual([path, 404]);
  }
  for (const { paths, seenBy } of things) {
    if (seenBy.length === 0) continue;
    for (const path of paths) {
      const answer = await fetch(`${world.url}/api/v1/workspaces/other${path}`, {
        headers: { authorization: `Bearer ${world.tokens.stranger}` },
      });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  }
});

test('without a token, or with one that is unknown or revoked, everything is 401', async () => {
  for (const path of things.flatMap((thing) => [...thing.paths, thing.list]).filter(Boolean)) {
    for (const token of [undefined, 'x'.repeat(32), '', '$gt']) {
      const answer = await world.get(path, token);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="postroom"/);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  }
  await using own = await createWorld();
  expect((await own.get('/tickets', own.tokens.max)).status).toBe(200);
  await own.models.Token.updateOne({ user_id: 'max' }, { revoked_at: new Date() });
  expect((await own.get('/tickets', own.tokens.max)).status).toBe(401);
  expect((await own.get('/tickets', own.tokens.dana)).status).toBe(200);
  await own.models.Member.deleteOne({ user_id: 'dana' });
  expect((await own.get('/tickets', own.tokens.dana)).status).toBe(401);
});

test('only those who see an inbound email can run it again', async () => {
  for (const { name, id, list, seenBy } of things) {
    if (list !== '/inbound-emails') continue;
    for (const user of EVERYONE) {
      const answer = await world.post(`${list}/${id}/rerun`, world.tokens[user]);
      expect([name, user, answer.status]).toEqual([name, user, seenBy.includes(user) ? 202 : 404]);
    }
    expect((await world.post(`${list}/${id}/rerun`, world.tokens.stranger)).status).toBe(404);
    expect((await world.post(`${list}/${id}/rerun`)).status).toBe(401);
  }
});

test('an inbound email of two audiences names to each user only what they may see', async () => {
  const { models, tokens } = world;
  const ticket = await rows.ticket(models, {});
  const conversation = await rows.conversation(models, { audience: 'owner:dana', owner_id: 'dana' });
  const open = await rows.message(models, { thread_id: ticket._id });
  const personal = await rows.message(models, {
    audience: 'owner:dana',
    thread_kind: 'conversation',
    thread_id: conversation._id,
  });
  const { _id } = await rows.inboundEmail(models, {
    audiences: ['tickets', 'owner:dana'],
    message_ids: [open._id, personal._id],
    about_message_id: personal._id,
    ticket_id: ticket._id,
    conversation_id: conversation._id,
  });
  const named = async (user: User) => {
    const row = await (await world.get(`/inbound-emails/${_id}`, tokens[user])).json();
    const { message_ids, about_message_id, ticket_id, conversation_id } = row as Record<string, unknown>;
    return { message_ids, about_message_id, ticket_id, conversation_id };
  };
  expect(await named('dana')).toEqual({
    message_ids: [open._id, personal._id],
    about_message_id: personal._id,
    ticket_id: ticket._id,
    conversation_id: conversation._id,
  });
  const less = {
    message_ids: [open._id],
    about_message_id: null,
    ticket_id: ticket._id,
    conversation_id: null,
  };
  expect(await named('olga')).toEqual(less);
  expect(await named('max')).toEqual(less);
});

test('a message or file of another audience stays hidden in a visible thread', async () => {
  const { models, tokens } = world;
  const ticket = await rows.ticket(models, {});
  const open = await rows.message(models, { thread_id: ticket._id });
  await rows.message(models, { thread_id: ticket._id, audience: 'owner:dana' });
  await rows.attachment(models, { message_id: open._id, audience: 'owner:dana' });
  const answer = await world.get(`/tickets/${ticket._id}/messages`, tokens.max);
  const { data } = (await answer.json()) as { data: { id: string; attachments: unknown[] }[] };
  expect(data.map((row) => [row.id, row.attachments])).toEqual([[open._id, []]]);
});
