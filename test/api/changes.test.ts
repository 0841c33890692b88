import { createApiToken } from '../../src/core/access/apiTokens.ts';
import { contactId, knowContact } from '../../src/core/threads/contacts.ts';
import { startFollower, type Follower } from '../support/follow.ts';
import { until } from '../support/until.ts';
import { signedIn } from './signedIn.ts';
import { createWorld, rows, T0, type World } from './world.ts';

interface Changes {
  data: { id: string; type: string; at: string; data: { id: string; owner_id?: string } }[];
  next: string;
}

let world: World;
let follower: Follower;
const stopping = new AbortController();
beforeAll(async () => {
  world = await createWorld({ stopping: stopping.signal });
  follower = await startFollower(world.models);
});
afterAll(async () => {
  await follower.stop();
  await world[Symbol.asyncDispose]();
});

const ask = async (since: string | null, token = world.tokens.olga): Promise<Changes> => {
  const answer = await world.get(since === null ? '/changes' : `/changes?since=${since}`, token);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Changes;
};

/** All events, page by page, until `n` have come. */
async function hear(since: string, n: number, token?: string) {
  const heard: Changes['data'] = [];
  let position = since;
  await until(`${n} changes`, async () => {
    const { data, next } = await ask(position, token);
    heard.push(...data);
    position = next;
    return heard.length >= n;
  });
  return { heard, position };
}

/** The events before that of a ticket created now: shows that there were no others. */
async function upToNow(since: string, token?: string) {
  const { _id } = await rows.ticket(world.models, {});
  const heard: Changes['data'] = [];
  let position = since;
  await until('the last ticket', async () => {
    const { data, next } = await ask(position, token);
    heard.push(...data);
    position = next;
    return heard.some(({ data: { id } }) => id === _id);
  });
  return heard.filter(({ data: { id } }) => id !== _id);
}

test('without a position: the current position, and no events', async () => {
  const { _id } = await rows.ticket(world.models, {});
  expect((await ask(null)).data).toEqual([]);
  // Wait for its event here, so that the next test does not get it.
  await until('its event', () => world.models.Event.exists({ row_id: _id }));
});

test('events since a position come in order, deletions too; the same position gives the same events', async () => {
  const { next } = await ask(null);
  const { _id } = await rows.ticket(world.models, {});
  await world.models.Ticket.updateOne({ _id }, { $set: { status: 'closed' } });
  await world.models.Ticket.collection.updateOne({ _id: _id as never }, { $set: { deleted_at: new Date() } });
  const { heard, position } = await hear(next, 3);
  expect(heard.map(({ type, data: { id } }) => [type, id])).toEqual([
    ['ticket.created', _id],
    ['ticket.updated', _id],
    ['ticket.deleted', _id],
  ]);
  expect((await hear(next, 3)).heard).toEqual(heard);
  expect((await ask(position)).data).toEqual([]);
});

test('more events than a page come page by page, none twice', async () => {
  const { next } = await ask(null);
  for (let i = 0; i < 130; i += 1) await rows.ticket(world.models, {});
  const { heard } = await hear(next, 130);
  expect(new Set(heard.map(({ id }) => id)).size).toBe(130);
});

test('events of personal mail go to its owner only, and no events to another workspace', async () => {
  const { next } = await ask(null);
  const personal = { audience: 'owner:dana', owner_id: 'dana' };
  const { _id } = await rows.conversation(world.models, personal);
  await rows.message(world.models, {
    audience: personal.audience,
    thread_kind: 'conversation',
    thread_id: _id,
  });
  await rows.contact(world.models, { audiences: ['owner:dana'] });
  await rows.ticket(world.models, { workspace_id: 'other' });
  const types = (await upToNow(next, world.tokens.dana)).map(({ type }) => type);
  // Her notification of the mail is an event too, which may come later.
  expect(types.filter((type) => type !== 'notification.created')).toEqual([
    'conversation.created',
    'conversation.message_created',
    'contact.created',
  ]);
  expect(await upToNow(next, world.tokens.max)).toMatchObject([{ type: 'ticket.created' }]);
  expect((await world.get('/changes', world.tokens.stranger)).status).toBe(404);
});

test('a contact known through personal mail becomes new to everybody once, when it writes to everybody', async () => {
  const { next } = await ask(null);
  const ann = { email: 'ann@new.test', name: 'Ann' };
  await knowContact(world.models, 'acme', ann, ['owner:dana'], T0);
  expect(await upToNow(next, world.tokens.max)).toEqual([]);
  await knowContact(world.models, 'acme', ann, ['owner:max', 'shared', 'tickets'], T0);
  const about = (await upToNow(next, world.tokens.olga)).filter(
    ({ data: { id } }) => id === contactId('acme', ann),
  );
  expect(about.map(({ type }) => type)).toEqual(['contact.created']);
});

test.each(['x', 'zz'.repeat(20), 'AB'.repeat(20), '%24gt', ''])(
  '`%s` is not a position: 422',
  async (since) => {
    const answer = await world.get(`/changes?since=${since}`, world.tokens.olga);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ field: 'since' }] });
  },
);

describe('server-sent events', () => {
  const listen = async (token: string | null, headers: Record<string, string> = {}) => {
    const authorization = token !== null && { authorization: `Bearer ${token}` };
    const answer = await fetch(`${world.url}/api/v1/workspaces/acme/changes`, {
      headers: { ...authorization, accept: 'text/event-stream', ...headers },
    });
    let text = '';
    let isOpen = true;
    const reading = (async () => {
      for await (const bytes of answer.body ?? []) text += Buffer.from(bytes as Uint8Array).toString();
    })().catch(() => undefined);
    void reading.then(() => (isOpen = false));
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: () => text,
      isOpen: () => isOpen,
      close: () => answer.body?.cancel().catch(() => undefined),
    };
  };

  test('come as they happen, and continue after the last one', async () => {
    const stream = await listen(world.tokens.olga);
    expect(stream).toMatchObject({
      status: 200,
      type: expect.stringContaining('text/event-stream') as string,
    });
    await until('the beginning', () => stream.text().includes('listening'));
    const [first, second] = [await rows.ticket(world.models, {}), await rows.ticket(world.models, {})];
    await until('two tickets', () => stream.text().includes(second._id));
    const output = stream.text();
    expect(output.indexOf(first._id)).toBeLessThan(output.indexOf(second._id));
    const id = /id: (\S+)\nevent: ticket.created\ndata: [^\n]*/g.exec(output)![1]!;
    const again = await listen(world.tokens.olga, { 'last-event-id': id });
    await until('the second ticket', () => again.text().includes(second._id));
    expect(again.text()).not.toContain(first._id);
  });

  test('a wrong position is 422, before the stream begins', async () => {
    expect((await listen(world.tokens.olga, { 'last-event-id': 'x' })).status).toBe(422);
    expect((await listen(world.tokens.olga, { 'last-event-id': 'AB'.repeat(20) })).status).toBe(422);
  });

  test('one user has at most twenty open, and may open another when one has ended', async () => {
    const open = async () => {
      const abort = new AbortController();
      const { status } = await fetch(`${world.url}/api/v1/workspaces/acme/changes`, {
        headers: { authorization: `Bearer ${world.tokens.olga}`, accept: 'text/event-stream' },
        signal: abort.signal,
      });
      return { status, end: () => abort.abort() };
    };
    const streams = await Promise.all(Array.from({ length: 30 }, open));
    const started = streams.filter(({ status }) => status === 200);
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(30 - started.length);
    // Streams of earlier tests may not have ended yet.
    expect(started.length).toBeGreaterThan(15);
    expect(started.length).toBeLessThanOrEqual(20);
    expect((await world.get('/changes', world.tokens.olga)).status).toBe(200);
    for (const { end } of started) end();
    const again = await until('room for another', async () => {
      const stream = await open();
      return stream.status === 200 && stream;
    });
    again.end();
  });

  test('end when the token is revoked or expires, the session ends, or the user is no longer a member', async () => {
    const { models, tokens } = world;
    const about = { workspaceId: 'acme', userId: 'dana', name: '', scopes: null };
    const expiring = await createApiToken(models, { ...about, expiresAt: new Date(Date.now() + 60_000) });
    const browser = await signedIn(world, 'dana');
    await models.User.create({ _id: 'leo', email: 'leo@people.test', name: 'Leo', created_at: new Date() });
    await models.Member.create({ _id: 'acme/leo', workspace_id: 'acme', user_id: 'leo', role: 'member' });
    const leos = await createApiToken(models, { ...about, userId: 'leo', expiresAt: null });
    const [stays, revoked, expired, signedOut, removed] = await Promise.all([
      listen(tokens.dana),
      listen(tokens.max),
      listen(expiring.token),
      listen(null, { cookie: browser.cookie }),
      listen(leos.token),
    ]);
    const ending = [revoked, expired, signedOut, removed];
    await until('the beginning', () => ending.every(({ text }) => text().includes('listening')));
    await models.Token.updateOne({ user_id: 'max' }, { $set: { revoked_at: new Date() } });
    await models.Token.updateOne({ _id: expiring.row._id }, { $set: { expires_at: new Date() } });
    expect((await browser.ask('DELETE', '/session')).status).toBe(204);
    // Its token stays as it is: only the membership ends.
    await models.Member.deleteOne({ _id: 'acme/leo' });
    await until('the end of four streams', () => ending.every(({ isOpen }) => !isOpen()));
    expect(stays.isOpen()).toBe(true);
    const { _id } = await rows.ticket(models, {});
    await until('the ticket', () => stays.text().includes(_id));
    for (const { text } of ending) expect(text()).not.toContain(_id);
    stopping.abort();
    await until('the end of the other', () => !stays.isOpen());
  });
});
