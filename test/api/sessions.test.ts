import { createApiToken } from '../../src/core/access/apiTokens.ts';
import { hashToken } from '../../src/lib/tokens.ts';
import { newPasswordLink } from '../../src/core/access/passwordLinks.ts';
import { IDLE_MS } from '../../src/core/access/sessions.ts';
import { answerOf, faultsOf } from './answers.ts';
import { mailed } from './mailed.ts';
import { Browser, PASSWORD, signedIn } from './signedIn.ts';
import { createWorld, T0, type World } from './world.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.models.Session.deleteMany());
afterAll(() => world[Symbol.asyncDispose]());

const statusOf = async (asked: Promise<Response>) => (await asked).status;

test('the cookie gives the rights of the role, in every workspace of the user and in no other', async () => {
  await using own = await createWorld();
  const dana = await signedIn(own, 'dana');
  const session = await (await dana.ask('GET', '/session')).json();
  expect(session).toEqual({
    user: { id: 'dana', email: 'dana@people.test', name: 'dana' },
    memberships: [{ workspace_id: 'acme', name: 'acme', role: 'member' }],
    expires_at: expect.any(String),
    confirmed_until: expect.any(String),
  });
  expect(await statusOf(dana.ask('GET', '/workspaces/acme/tickets'))).toBe(200);
  expect(await statusOf(dana.ask('POST', '/workspaces/acme/tickets', {}))).toBe(422);
  expect(await statusOf(dana.ask('PATCH', '/workspaces/acme', {}))).toBe(403);
  expect(await statusOf(dana.ask('GET', '/workspaces/other/tickets'))).toBe(404);
  await own.models.Member.create({
    _id: 'other/dana',
    workspace_id: 'other',
    user_id: 'dana',
    role: 'owner',
  });
  expect(await statusOf(dana.ask('PATCH', '/workspaces/other', {}))).toBe(200);
  await own.models.Member.deleteOne({ _id: 'acme/dana' });
  expect(await statusOf(dana.ask('GET', '/workspaces/acme/tickets'))).toBe(404);
});

test('scripts cannot read the cookie, other sites cannot send it, and it is stored as a hash', async () => {
  const dana = await signedIn(world, 'dana');
  const answer = await dana.signIn('dana@people.test');
  expect(answer.headers.getSetCookie().join()).toMatch(
    /^postroom_session=session_[\w-]{32}; path=\/; expires=[^;]+; samesite=lax; httponly$/,
  );
  // The former session of the browser has ended.
  const kept = await world.models.Session.find().lean();
  expect(kept).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain(dana.cookie.split('=')[1]);
});

test('over https the cookie is __Host- and Secure, also behind a proxy', async () => {
  const config = {
    publicUrl: 'https://mail.acme.test',
    urlSecret: 'x'.repeat(32),
    platformDomain: 'postroom.test',
  };
  const temporal = { address: null, namespace: 'mail', uiUrl: null };
  await using own = await createWorld({ config: { ...config, temporal, apiRequestsPerMinute: 1_000 } });
  await signedIn(own, 'dana');
  const browser = new Browser(own);
  const answer = await browser.signIn('dana@people.test');
  expect(answer.headers.getSetCookie().join()).toMatch(
    /^__Host-postroom=session_[\w-]{32}; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/,
  );
  expect(await statusOf(browser.ask('GET', '/session'))).toBe(200);
  // The origin is the public one, not the one that the proxy connects to.
  const from = (origin: string) =>
    browser.ask('POST', '/workspaces/acme/tickets', {}, { origin, 'sec-fetch-site': '' });
  expect(await statusOf(from('https://mail.acme.test'))).toBe(422);
  expect(await statusOf(from(own.url))).toBe(403);
});

test.each([
  [{ 'sec-fetch-site': 'same-origin' }, 422],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'none' }, 403],
  [{ 'sec-fetch-site': '' }, 403],
  [{ 'sec-fetch-site': '', origin: 'https://evil.test' }, 403],
  [{ 'sec-fetch-site': '', origin: 'null' }, 403],
  // A browser sends both headers; a site cannot change them.
  [{ 'sec-fetch-site': 'cross-site', origin: 'OURS' }, 403],
  [{ 'sec-fetch-site': '', origin: 'OURS' }, 422],
])('a change by cookie with %j is answered %d', async (given, status) => {
  const dana = await signedIn(world, 'dana');
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === 'OURS' ? world.url : value]),
  );
  expect(await statusOf(dana.ask('POST', '/workspaces/acme/tickets', {}, headers))).toBe(status);
  expect(await statusOf(dana.ask('DELETE', '/sessions', undefined, headers))).toBe(
    status === 422 ? 204 : 403,
  );
  expect(await statusOf(dana.ask('GET', '/session', undefined, headers))).toBe(status === 422 ? 401 : 200);
});

test('pages of other sites cannot sign in; programs can', async () => {
  await signedIn(world, 'dana');
  const body = { email: 'dana@people.test', password: PASSWORD };
  const from = (headers: Record<string, string>) =>
    statusOf(new Browser(world).ask('POST', '/sessions', body, headers));
  expect(await from({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await from({ 'sec-fetch-site': '', origin: 'https://evil.test' })).toBe(403);
  expect(await from({ 'sec-fetch-site': '' })).toBe(201);
});

test('signing out ends the session, even if the cookie was kept', async () => {
  const dana = await signedIn(world, 'dana');
  const kept = dana.cookie;
  expect(await statusOf(dana.ask('DELETE', '/session'))).toBe(204);
  expect(dana.cookie).toBe('postroom_session=');
  dana.cookie = kept;
  expect(await statusOf(dana.ask('GET', '/session'))).toBe(401);
});

test('a user sees their sessions, and can end all of them', async () => {
  const [here, there, other] = [
    await signedIn(world, 'dana'),
    await signedIn(world, 'dana'),
    await signedIn(world, 'max'),
  ];
  const { data } = (await (await here.ask('GET', '/sessions')).json()) as {
    data: { is_this_one: boolean }[];
  };
  expect(data.map((row) => row.is_this_one).sort()).toEqual([false, true]);
  expect(await statusOf(here.ask('DELETE', '/sessions'))).toBe(204);
  expect(await statusOf(there.ask('GET', '/session'))).toBe(401);
  expect(await statusOf(other.ask('GET', '/session'))).toBe(200);
});

test('a session that is used continues; an unused one ends, and so does each after its longest time', async () => {
  const { Session } = world.models;
  const dana = await signedIn(world, 'dana');
  const now = Date.now();
  const end = async () => (await Session.findOne().lean())!.expires_at.getTime();
  await Session.updateMany(
    {},
    { last_seen_at: new Date(now - 2 * HOUR_MS), expires_at: new Date(now + HOUR_MS) },
  );
  const answer = await dana.ask('GET', '/session');
  expect(answer.headers.getSetCookie()).toHaveLength(1);
  expect(await end()).toBeGreaterThanOrEqual(now + IDLE_MS);
  expect((await dana.ask('GET', '/session')).headers.getSetCookie()).toEqual([]);
  await Session.updateMany(
    {},
    { last_seen_at: new Date(now - 2 * HOUR_MS), created_at: new Date(now - 89.5 * 24 * HOUR_MS) },
  );
  await dana.ask('GET', '/session');
  expect(await end()).toBeLessThan(now + 24 * HOUR_MS);
  await Session.updateMany({}, { expires_at: new Date(now - 1) });
  expect(await statusOf(dana.ask('GET', '/session'))).toBe(401);
});

test('a new password ends all sessions; asking for one does not reveal whether the account exists', async () => {
  const dana = await signedIn(world, 'dana');
  const program = new Browser(world);
  const answers = [];
  for (const email of ['dana@people.test', 'nobody@people.test']) {
    const answer = await program.ask('POST', '/password-reset', { email });
    answers.push([answer.status, await answer.text()]);
  }
  expect(answers[0]).toEqual([202, expect.any(String)]);
  expect(answers[1]).toEqual(answers[0]);
  const { url } = await newPasswordLink(world.models, {
    userId: 'dana',
    shownTo: null,
    accepts: null,
    publicUrl: world.url,
  });
  const token = url.split('#')[1];
  expect(await statusOf(program.ask('POST', '/password', { token, password: 'another password' }))).toBe(204);
  expect(await statusOf(dana.ask('GET', '/session'))).toBe(401);
  expect(await statusOf(program.signIn('dana@people.test'))).toBe(401);
  expect(await statusOf(program.signIn('dana@people.test', 'another password'))).toBe(201);
});

test('the number of mails about one account is limited, without a difference in the answer', async () => {
  for (let i = 0; i < 5; i += 1)
    expect(
      await statusOf(new Browser(world).ask('POST', '/password-reset', { email: 'max@people.test' })),
    ).toBe(202);
  expect(await world.models.AccessMail.countDocuments({ email: 'max@people.test' })).toBe(3);
});

test('every character of a password counts', async () => {
  const link = async () =>
    (
      await newPasswordLink(world.models, { userId: 'dana', shownTo: null, accepts: null, publicUrl: '' })
    ).url.split('#')[1];
  const browser = new Browser(world);
  const set = async (password: string) => browser.ask('POST', '/password', { token: await link(), password });
  for (const easy of ['eleven char', '123456789012', 'password1234', 'Qwertyuiop12', 'x'.repeat(40)])
    expect([easy, await faultsOf(answerOf(set(easy)))]).toEqual([easy, [422, 'password']]);
  expect(await faultsOf(answerOf(set('x'.repeat(1_001))))).toEqual([422, 'password']);
  const long = Array.from({ length: 400 }, (_, n) => `${n}ä`)
    .join('')
    .slice(0, 999);
  expect(await statusOf(set(`${long}1`))).toBe(204);
  expect(await statusOf(browser.signIn('dana@people.test', `${long}2`))).toBe(401);
  expect(await statusOf(browser.signIn('dana@people.test', `${long}1`))).toBe(201);
  // The same password, typed on another keyboard.
  expect(
    await statusOf(browser.signIn('dana@people.test', `${long}1`.normalize('NFD').slice(0, 1_000))),
  ).toBe(401);
  expect(await statusOf(set('caf\u00e9 au lait'))).toBe(204);
  expect(await statusOf(browser.signIn('dana@people.test', 'cafe\u0301 au lait'))).toBe(201);
});

/** The mails that are due for this user. */
const mailedTo = async (email: string): Promise<string[]> =>
  (await mailed(world)).filter(({ to }) => to === email).map(({ text }) => text);

/** A token that the session makes, and one that this makes. */
async function madeBy(browser: Browser): Promise<string[]> {
  const made = await browser.ask('POST', '/workspaces/acme/tokens', { name: 'mine' });
  const tokenOf = async (answer: Response) => ((await answer.json()) as { token: string }).token;
  const token = await tokenOf(made);
  return [token, await tokenOf(await world.post('/tokens', token, { name: 'its child' }))];
}
const works = async (token: string) => (await statusOf(world.get('/tickets', token))) === 200;

test.each(['signing out everywhere', 'a new password'] as const)(
  '%s ends the tokens that sessions have made; the mail lists the others, with a link that ends them',
  async (how) => {
    const { models } = world;
    await models.Member.deleteOne({ _id: 'acme/eve' });
    await models.User.deleteOne({ _id: 'eve' });
    await models.User.create({ _id: 'eve', email: 'eve@people.test', name: 'Eve', created_at: T0 });
    await models.Member.create({ _id: 'acme/eve', workspace_id: 'acme', user_id: 'eve', role: 'owner' });
    const eve = await signedIn(world, 'eve' as never);
    const kept = { workspaceId: 'acme', userId: 'eve', name: 'the CRM', scopes: null, expiresAt: null };
    const { token: other } = await createApiToken(models, kept);
    const { token: proved } = await createApiToken(models, {
      ...kept,
      name: 'from before',
      madeInSession: true,
    });
    await models.Token.updateOne({ _id: hashToken(proved) }, { $set: { created_at: T0 } });
    const made = await madeBy(eve);
    for (const token of [...made, other, proved]) expect(await works(token)).toBe(true);
    if (how === 'a new password') {
      const link = { userId: 'eve', shownTo: null, accepts: null, publicUrl: '' };
      const token = (await newPasswordLink(models, link)).url.split('#')[1];
      expect(await statusOf(new Browser(world).ask('POST', '/password', { token, password: PASSWORD }))).toBe(
        204,
      );
    } else expect(await statusOf(eve.ask('DELETE', '/sessions'))).toBe(204);
    for (const token of made) expect(await works(token)).toBe(false);
    for (const token of [other, proved]) expect(await works(token)).toBe(true);
    const [mail, ...more] = await mailedTo('eve@people.test');
    expect(more).toEqual([]);
    for (const name of ['the CRM', 'from before']) expect(mail).toContain(name);
    expect(mail).not.toContain('mine');
    const later = (await createApiToken(models, kept)).token;
    await models.Token.updateOne(
      { _id: hashToken(later) },
      { $set: { created_at: new Date(Date.now() + 1_000) } },
    );
    const token = /\/end-tokens#([\w-]+)/.exec(mail ?? '')?.[1] ?? '';
    const end = () => statusOf(new Browser(world).ask('POST', '/end-tokens', { token }));
    expect(await statusOf(new Browser(world).ask('POST', '/invitation', { token }))).toBe(422);
    expect(await statusOf(new Browser(world).ask('POST', '/password', { token, password: PASSWORD }))).toBe(
      422,
    );
    expect([await end(), await end()]).toEqual([204, 422]);
    for (const ended of [other, proved]) expect(await works(ended)).toBe(false);
    expect(await works(later)).toBe(true);
  },
);

test('who has no tokens is not mailed about them', async () => {
  await world.models.Token.updateMany({ user_id: 'max' }, { $set: { revoked_at: new Date() } });
  const max = await signedIn(world, 'max');
  await max.ask('DELETE', '/sessions');
  expect(await mailedTo('max@people.test')).toEqual([]);
  await world.models.Token.updateMany({ user_id: 'max' }, { $set: { revoked_at: null } });
});

test('in a session, what gives lasting access asks for the password again after ten minutes', async () => {
  const olga = await signedIn(world, 'olga');
  const lasting = {
    token: () => olga.ask('POST', '/workspaces/acme/tokens', { name: 'x' }),
    webhook: () =>
      olga.ask('POST', '/workspaces/acme/webhooks', {
        url: 'https://example.com/x',
        events: ['ticket.created'],
      }),
    'new owner': () =>
      olga.ask('POST', '/workspaces/acme/members', { email: 'new@owner.test', role: 'owner' }),
    owner: () => olga.ask('PATCH', '/workspaces/acme/members/dana', { role: 'owner' }),
  };
  const statuses = async () => {
    const all: [string, number][] = [];
    for (const [name, ask] of Object.entries(lasting)) all.push([name, await statusOf(ask())]);
    return Object.fromEntries(all);
  };
  const longAgo = new Date(Date.now() - 10 * 60_000 - 1);
  await world.models.Session.updateMany({ user_id: 'olga' }, { $set: { password_at: longAgo } });
  expect(await statuses()).toEqual({ token: 403, webhook: 403, 'new owner': 403, owner: 403 });
  expect((await answerOf(lasting.token())).body).toMatchObject({ password_needed: true });
  // Everything else goes on, and so do tokens.
  expect(await statusOf(olga.ask('GET', '/workspaces/acme/tickets'))).toBe(200);
  expect(await statusOf(olga.ask('PATCH', '/workspaces/acme/members/dana', { role: 'member' }))).toBe(200);
  expect(await statusOf(world.post('/tokens', world.tokens.olga, { name: 'y' }))).toBe(201);
  const give = (password: string) => olga.ask('POST', '/session/password', { password });
  expect(await faultsOf(answerOf(give('wrong')))).toEqual([422, 'password']);
  expect(await statusOf(lasting.token())).toBe(403);
  expect(await statusOf(give(PASSWORD))).toBe(200);
  expect(await statuses()).toEqual({ token: 201, webhook: 201, 'new owner': 201, owner: 200 });
});

// The last test, since Dana cannot sign in after it.
test('guessing a password is stopped after ten tries, for that account only', async () => {
  await signedIn(world, 'dana');
  await signedIn(world, 'max');
  const tries = [];
  for (let i = 0; i < 12; i += 1)
    tries.push(statusOf(new Browser(world).signIn('dana@people.test', `guess ${i}`)));
  expect((await Promise.all(tries)).sort()).toEqual([...Array<number>(10).fill(401), 429, 429]);
  // Now not even the right password is checked.
  const late = await new Browser(world).signIn('dana@people.test');
  expect([late.status, Number(late.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await statusOf(new Browser(world).signIn('max@people.test'))).toBe(201);
  expect(await statusOf(new Browser(world).signIn('nobody@people.test'))).toBe(401);
});
