import { hashPassword } from '../../src/core/access/passwords.ts';
import { hashToken } from '../../src/lib/tokens.ts';
import { answerOf, faultsOf } from './answers.ts';
import { mailed } from './mailed.ts';
import { Browser, PASSWORD } from './signedIn.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

interface Row {
  id: string;
  email: string;
  role: string;
  invitation: { state: string };
  password_link: { url: string };
  token: string;
  pending: boolean;
  name: string;
  memberships: object[];
}
interface Answer {
  status: number;
  body: Row & { data: Row[]; next_cursor: string | null };
}
async function read(asked: Promise<Response>): Promise<Answer> {
  const answer = await asked;
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as Answer['body'] };
}
const add = (body: object, token = world.tokens.olga) => read(world.post('/members', token, body));
const statusOf = async (asked: Promise<Response>) => (await asked).status;
const tokenOf = (url: string): string => url.split('#')[1] ?? '';
const use = (token: string, password = PASSWORD) =>
  new Browser(world).ask('POST', '/password', { token, password });

const linkIn = (text: string | undefined): string =>
  /\/(?:password|join)#([\w-]+)/.exec(text ?? '')?.[1] ?? '';
const join = (token: string) => new Browser(world).ask('POST', '/invitation', { token });

test('an owner adds a member, who gets a link by mail; the link in the answer works too, and each works once', async () => {
  const { status, body } = await add({ email: 'Nia@New.test', name: 'Nia', role: 'member' });
  expect([status, body]).toEqual([
    201,
    {
      id: expect.any(String),
      email: 'nia@new.test',
      name: 'Nia',
      role: 'member',
      pending: true,
      invitation: { state: 'wanted', reason: null, asked_at: expect.any(String), sent_at: null },
      password_link: {
        url: expect.stringContaining(`${world.url}/password#`),
        expires_at: expect.any(String),
      },
    },
  ]);
  const [mail, ...others] = await mailed(world);
  expect(others).toEqual([]);
  expect(mail?.to).toBe('nia@new.test');
  expect(mail?.text).toContain('Auto-Submitted: auto-generated');
  const link = linkIn(mail?.text);
  expect(link).not.toBe(tokenOf(body.password_link.url));
  expect(await mailed(world)).toEqual([]);
  expect((await read(world.get(`/members/${body.id}`, world.tokens.max))).body.invitation.state).toBe('sent');

  expect(await statusOf(join(link))).toBe(422);
  expect(await statusOf(use(link))).toBe(204);
  expect((await read(world.get(`/members/${body.id}`, world.tokens.max))).body.pending).toBe(false);
  expect(await faultsOf(answerOf(use(link, 'another password')))).toEqual([422, 'token']);
  expect(await faultsOf(answerOf(use(tokenOf(body.password_link.url), 'another password')))).toEqual([
    422,
    'token',
  ]);
  const browser = new Browser(world);
  const signedIn = await read(browser.signIn('nia@new.test'));
  expect([signedIn.status, signedIn.body.memberships]).toEqual([
    201,
    [{ workspace_id: 'acme', name: 'acme', role: 'member' }],
  ]);
  expect(await statusOf(browser.ask('GET', '/workspaces/acme/tickets'))).toBe(200);
});

test('links and passwords are stored as hashes only', async () => {
  const { body } = await add({ email: 'nia@new.test', role: 'member' });
  const link = linkIn((await mailed(world))[0]?.text);
  const { User, PasswordLink, AccessMail } = world.models;
  await use(tokenOf(body.password_link.url));
  const kept = JSON.stringify([await User.find(), await PasswordLink.find(), await AccessMail.find()]);
  for (const secret of [link, tokenOf(body.password_link.url), PASSWORD]) expect(kept).not.toContain(secret);
  expect((await User.findOne({ email: 'nia@new.test' }).lean())?.password_hash).toMatch(
    /^\$argon2id\$v=19\$m=19456,t=2/,
  );
});

test('of concurrent uses of a link one succeeds', async () => {
  const { body } = await add({ email: 'nia@new.test', role: 'member' });
  const token = tokenOf(body.password_link.url);
  const passwords = ['lamp and sofa 1', 'lamp and sofa 2', 'lamp and sofa 3', 'lamp and sofa 4'];
  const statuses = await Promise.all(passwords.map((password) => statusOf(use(token, password))));
  expect([...statuses].sort()).toEqual([204, 422, 422, 422]);
  const winner = passwords[statuses.indexOf(204)];
  for (const password of passwords)
    expect(await statusOf(new Browser(world).signIn('nia@new.test', password))).toBe(
      password === winner ? 201 : 401,
    );
});

test('an expired link does not work', async () => {
  const { body } = await add({ email: 'nia@new.test', role: 'member' });
  await world.models.PasswordLink.updateMany({}, { expires_at: new Date(Date.now() - 1) });
  expect(await statusOf(use(tokenOf(body.password_link.url)))).toBe(422);
});

test('while the provider is unavailable the mail waits, and the member shows why; a refused mail shows that too', async () => {
  const { body } = await add({ email: 'nia@new.test', role: 'member' });
  const away = {
    result: 'not sent',
    code: 'ECONNREFUSED',
    reason: 'no connection',
    retryAfterMs: null,
  } as const;
  const invitation = async () =>
    (await read(world.get(`/members/${body.id}`, world.tokens.olga))).body.invitation;
  await mailed(world, away);
  expect(await invitation()).toMatchObject({ state: 'wanted', reason: 'no connection' });
  expect(await mailed(world)).toEqual([]);
  const due = () => world.models.AccessMail.updateMany({}, { next_try_at: new Date(0) });
  await due();
  await mailed(world, { result: 'refused', code: '400', reason: 'not an address' });
  expect(await invitation()).toMatchObject({ state: 'failed', reason: 'not an address' });
  // Not tried again at once, but later.
  expect(await statusOf(world.post(`/members/${body.id}/invitation`, world.tokens.olga))).toBe(429);
  await world.models.AccessMail.updateMany({}, { wanted_at: new Date(Date.now() - 61_000) });
  const again = await read(world.post(`/members/${body.id}/invitation`, world.tokens.olga));
  expect([again.status, again.body.invitation.state]).toEqual([202, 'wanted']);
  expect(linkIn((await mailed(world))[0]?.text)).not.toBe('');
  // After a day it is not tried again.
  await world.models.AccessMail.updateMany(
    {},
    { state: 'wanted', next_try_at: new Date(0), wanted_at: new Date(Date.now() - 25 * 3_600_000) },
  );
  await mailed(world, away);
  expect(await invitation()).toMatchObject({ state: 'failed', reason: 'no connection' });
});

test('two workers send a mail only once', async () => {
  await add({ email: 'nia@new.test', role: 'member' });
  expect((await Promise.all([mailed(world), mailed(world), mailed(world)])).flat()).toHaveLength(1);
});

test('an owner gets no access to the account of a member of other workspaces', async () => {
  const strangers = (path: string, body: object) =>
    read(
      fetch(`${world.url}/api/v1/workspaces/other${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.tokens.stranger}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  // An owner is shown a link and sets a password before anybody else adds the person …
  const first = await strangers('/members', { email: 'vic@tim.test', role: 'member' });
  const second = await strangers('/members', { email: 'ada@tim.test', role: 'member' });
  const unused = tokenOf(second.body.password_link.url);
  await use(tokenOf(first.body.password_link.url), 'known to the stranger');
  const thief = new Browser(world);
  expect(await statusOf(thief.signIn('vic@tim.test', 'known to the stranger'))).toBe(201);
  await mailed(world);
  // … and then they are added to acme too. Nothing is taken away by that: not even from whoever has the account.
  const vic = (await add({ email: 'vic@tim.test', name: 'V', role: 'owner' })).body;
  expect(vic).toMatchObject({ password_link: null, pending: true, name: 'V' });
  expect((await add({ email: 'ada@tim.test', role: 'owner' })).body.password_link).toBeNull();
  const session = await read(thief.ask('GET', '/session'));
  expect([session.status, session.body.memberships]).toEqual([
    200,
    [expect.objectContaining({ workspace_id: 'other' })],
  ]);
  expect(await statusOf(thief.ask('GET', '/workspaces/acme/tickets'))).toBe(404);
  expect(await statusOf(use(unused, 'known to them too'))).toBe(204);
  const other = new Browser(world);
  expect(await statusOf(other.signIn('ada@tim.test', 'known to them too'))).toBe(201);
  expect(await statusOf(other.ask('GET', '/workspaces/acme/tickets'))).toBe(404);
  const again = await strangers(`/members/${second.body.id}/invitation`, {});
  expect([again.status, 'password_link' in again.body]).toEqual([409, false]);
  // Only the mail gives access to acme: with a new password, since nobody has proved the address before.
  const mails = await mailed(world);
  expect(mails.map(({ to }) => to).sort()).toEqual(['ada@tim.test', 'vic@tim.test']);
  const link = linkIn(mails.find(({ to }) => to === 'vic@tim.test')?.text);
  expect(await statusOf(join(link))).toBe(422);
  expect(await statusOf(use(link))).toBe(204);
  expect(await statusOf(thief.ask('GET', '/session'))).toBe(401);
  expect(await statusOf(new Browser(world).signIn('vic@tim.test', 'known to the stranger'))).toBe(401);
  const theirs = new Browser(world);
  expect(await statusOf(theirs.signIn('vic@tim.test'))).toBe(201);
  expect(await statusOf(theirs.ask('GET', '/workspaces/acme/tickets'))).toBe(200);
});

test('a user who has proved their address is invited with their password and sessions as they are', async () => {
  const { models, tokens } = world;
  const password_hash = await hashPassword(PASSWORD);
  await models.User.create({
    _id: 'eve',
    email: 'eve@people.test',
    name: 'Eve Known',
    password_hash,
    proved_at: T0,
    created_at: T0,
  });
  const eve = new Browser(world);
  await eve.signIn('eve@people.test');
  const { body } = await add({ email: 'eve@people.test', name: 'E.', role: 'member' });
  // Their own name, and whether they have a password, are theirs.
  expect(body).toMatchObject({ name: 'E.', pending: true, password_link: null });
  expect(JSON.stringify(body)).not.toMatch(/Known|has_password/);
  expect(await statusOf(eve.ask('GET', '/workspaces/acme/tickets'))).toBe(404);
  expect((await add({ email: 'eve@people.test', role: 'owner' })).status).toBe(409);
  // Nobody who has not accepted is the agent of a ticket, or is notified.
  const { _id } = await rows.ticket(models, {});
  expect(await statusOf(world.patch(`/tickets/${_id}`, tokens.dana, { agent_id: 'eve' }))).toBe(422);
  const [mail] = await mailed(world);
  const link = linkIn(mail?.text);
  expect(mail?.text).toContain('/join#');
  expect(await statusOf(use(link))).toBe(422);
  expect((await Promise.all([join(link), join(link)])).map(({ status }) => status).sort()).toEqual([
    204, 422,
  ]);
  expect(await statusOf(eve.ask('GET', '/workspaces/acme/tickets'))).toBe(200);
  expect((await read(world.get('/members/eve', tokens.max))).body).toMatchObject({
    name: 'Eve Known',
    pending: false,
  });
  expect(await statusOf(world.post('/members/eve/invitation', tokens.olga))).toBe(409);
});

test('the links of an invitation end with it', async () => {
  const { body } = await add({ email: 'nia@new.test', role: 'member' });
  const link = linkIn((await mailed(world))[0]?.text);
  expect(await statusOf(world.delete(`/members/${body.id}`, world.tokens.olga))).toBe(204);
  for (const token of [link, tokenOf(body.password_link.url)]) expect(await statusOf(use(token))).toBe(422);
  // A person with personal mail in the workspace gets a link by mail alone.
  await rows.conversation(world.models, { audience: `owner:${body.id}`, owner_id: body.id });
  expect((await add({ email: 'nia@new.test', role: 'member' })).body.password_link).toBeNull();
});

test('every member sees the members; owners change them', async () => {
  const { tokens } = world;
  const list = await read(world.get('/members', tokens.max));
  expect(list.body.data.map((row) => [row.id, row.email, row.role])).toEqual([
    ['olga', 'olga@people.test', 'owner'],
    ['max', 'max@people.test', 'member'],
    ['dana', 'dana@people.test', 'member'],
  ]);
  const first = await read(world.get('/members?limit=2', tokens.max));
  const rest = await read(world.get(`/members?limit=2&cursor=${first.body.next_cursor}`, tokens.max));
  expect([...first.body.data, ...rest.body.data]).toEqual(list.body.data);
  expect(rest.body.next_cursor).toBeNull();
  expect((await add({ email: 'nia@new.test', role: 'member' }, tokens.max)).status).toBe(403);
  expect((await add({ email: 'dana@people.test', role: 'member' })).status).toBe(409);
  expect((await read(world.patch('/members/dana', tokens.olga, { role: 'owner' }))).body.role).toBe('owner');
  expect(await statusOf(world.patch('', tokens.dana, { undo_seconds: 1 }))).toBe(200);
  expect(await statusOf(world.patch('/members/dana', tokens.dana, { role: 'member' }))).toBe(200);
  expect(await statusOf(world.patch('', tokens.dana, { undo_seconds: 1 }))).toBe(403);
  for (const asked of [
    world.get('/members/stranger', tokens.olga),
    world.patch('/members/stranger', tokens.olga, { role: 'owner' }),
    world.delete('/members/stranger', tokens.olga),
    world.post('/members/stranger/invitation', tokens.olga),
  ])
    expect(await statusOf(asked)).toBe(404);
});

test.each([
  [{ role: 'member' }, 'email'],
  [{ email: 'nobody', role: 'member' }, 'email'],
  [{ email: 'nia@new.test' }, 'role'],
  [{ email: 'nia@new.test', role: 'admin' }, 'role'],
  [{ email: 'nia@new.test', role: 'member', password: 'x' }, 'password'],
])('%j is refused, with the field', async (body, field) => {
  expect(await faultsOf(answerOf(world.post('/members', world.tokens.olga, body)))).toEqual([422, field]);
});

test('the last owner stays one, also when all owners leave concurrently', async () => {
  const { models, tokens } = world;
  // One who has not accepted is none yet.
  await add({ email: 'nia@new.test', role: 'owner' });
  expect(await statusOf(world.delete('/members/olga', tokens.olga))).toBe(409);
  expect(await statusOf(world.patch('/members/olga', tokens.olga, { role: 'member' }))).toBe(409);
  await models.Member.deleteOne({ workspace_id: 'acme', pending_since: { $ne: null } });
  await models.Member.updateMany({ workspace_id: 'acme' }, { role: 'owner' });
  const statuses = await Promise.all([
    statusOf(world.delete('/members/dana', tokens.olga)),
    statusOf(world.patch('/members/olga', tokens.dana, { role: 'member' })),
    statusOf(world.patch('/members/max', tokens.max, { role: 'member' })),
  ]);
  const owners = await models.Member.find({ workspace_id: 'acme', role: 'owner' }).lean();
  expect(owners.length).toBeGreaterThan(0);
  // Each request succeeded, or would have left no owner, or came from a user who was no longer an owner.
  expect(statuses.filter((status) => ![200, 204, 401, 403, 409].includes(status))).toEqual([]);
});

test('a removed member loses access at once, and nobody sees their personal mail', async () => {
  const { models, tokens } = world;
  const { _id } = await rows.conversation(models, { audience: 'owner:dana', owner_id: 'dana' });
  const { body: made } = await read(world.post('/tokens', tokens.dana, {}));
  expect(await statusOf(world.get(`/conversations/${_id}`, made.token))).toBe(200);
  expect(await statusOf(world.delete('/members/dana', tokens.olga))).toBe(204);
  for (const token of [made.token, tokens.dana])
    expect(await statusOf(world.get('/tickets', token))).toBe(401);
  expect(await statusOf(world.get(`/conversations/${_id}`, tokens.olga))).toBe(404);
  expect(await models.Conversation.exists({ _id })).not.toBeNull();
  // As a member again they see it again; their old tokens stay revoked.
  expect((await add({ email: 'dana@people.test', role: 'member' })).body.password_link).toBeNull();
  expect(await statusOf(world.get('/tickets', made.token))).toBe(401);
});

test('a link of a reset works for an hour, one of an invitation for a week', async () => {
  const program = new Browser(world);
  expect((await program.ask('POST', '/password-reset', { email: 'dana@people.test' })).status).toBe(202);
  await add({ email: 'nia@new.test', name: 'Nia', role: 'member' });
  const mails = await mailed(world);
  const hours = Object.fromEntries(
    await Promise.all(
      mails.map(async ({ to, text }) => {
        const link = await world.models.PasswordLink.findById(hashToken(linkIn(text)))
          .orFail()
          .lean();
        return [to, (link.expires_at.getTime() - link.created_at.getTime()) / 3_600_000] as const;
      }),
    ),
  );
  expect(hours).toEqual({ 'dana@people.test': 1, 'nia@new.test': 7 * 24 });
});
