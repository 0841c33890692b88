import { hashPassword } from '../../src/core/access/passwords.ts';
import { createRoutes } from '../../src/api/api.ts';
import type { Policy } from '../../src/api/policy.ts';
import { scopesOf } from '../../src/core/access/scopes.ts';
import { type Scope } from '../../src/infra/models/workspace.ts';
import { createApiToken } from '../../src/core/access/apiTokens.ts';
import { Browser, PASSWORD } from './signedIn.ts';
import { createWorld, T0, type World } from './world.ts';
import { keyOf, oneOfEach, type Ids } from './oneOfEach.ts';

/** A route as the API has it: this test has no list of routes of its own. */
interface Route extends Policy {
  method: string;
  path: string;
}
/** Text in every foreign row: it shows whether anything of one gets out. */
const MARK = 'FOREIGN';
let world: World;
let routes: Route[];
let own: Ids;
let foreign: Ids;
let personal: Ids;

beforeAll(async () => {
  world = await createWorld({ rerun: () => Promise.resolve({ result: 'not needed' }) });
  routes = createRoutes(world.deps).workspace.routes.map(({ method, path, role, scope }) => ({
    method,
    path: path === '/' ? '' : path,
    role,
    scope,
  }));
  own = {
    ...(await oneOfEach(world, 'acme', 'max', {})),
    'members/me/image-senders': 'ann@x.test',
  };
  foreign = await oneOfEach(world, 'other', 'stranger', { subject: MARK, name: MARK, text: MARK });
  personal = await oneOfEach(world, 'acme', 'dana', {
    audience: 'owner:dana',
    subject: MARK,
    name: MARK,
    text: MARK,
  });
});
afterAll(() => world[Symbol.asyncDispose]());

const parametersOf = (path: string): string[] => path.match(/:\w+/g) ?? [];

/** The path with `own` ids, except for one parameter. */
function filled({ path }: Route, other?: { parameter: string; id: string }): string {
  return path.replace(/:\w+/g, (parameter) => {
    const id = other?.parameter === parameter ? other.id : own[keyOf(path, parameter)];
    if (id === undefined)
      throw new Error(`Add a row of \`${keyOf(path, parameter)}\` to \`seed\` in this test.`);
    return id;
  });
}

interface Caller {
  token?: string;
  headers?: Record<string, string>;
  /** Id of what to merge into. Defaults to our own row. */
  into?: string | undefined;
}
const isMerge = ({ path }: Route): boolean => path.endsWith('/merge');
function bodyOf(route: Route, into: string | undefined): object {
  if (isMerge(route)) return { into: into ?? own[keyOf(route.path, ':id')] };
  return {};
}

async function ask(route: Route, path: string, { token, headers, into }: Caller): Promise<number> {
  const hasBody = route.method !== 'GET' && route.path !== '/attachments';
  const answer = await fetch(`${world.url}/api/v1/workspaces/acme${path}`, {
    method: route.method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(hasBody && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(hasBody && { body: JSON.stringify(bodyOf(route, into)) }),
  });
  expect([nameOf(route), (await answer.text()).includes(MARK)]).toEqual([nameOf(route), false]);
  return answer.status;
}
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** Everything that is stored, except times of last use. */
async function database(): Promise<Record<string, unknown>> {
  const { connection } = world.models;
  const all: Record<string, unknown> = {};
  for (const name of connection.modelNames()) {
    const rowsOfModel = await connection.model(name).find().sort({ _id: 1 }).lean();
    all[name] = JSON.parse(
      JSON.stringify(rowsOfModel, (key, value: unknown) => (key.startsWith('last_') ? undefined : value)),
    );
  }
  return all;
}

/**
 * Calls every route as this caller, and compares the answers with the wanted ones, and the database with its
 * former state.
 */
async function everyRoute(caller: Caller, wanted: (route: Route) => number | null): Promise<void> {
  const before = await database();
  const answers: Record<string, number> = {};
  const right: Record<string, number> = {};
  await Promise.all(
    routes.map(async (route) => {
      const status = wanted(route);
      if (status === null) return;
      right[nameOf(route)] = status;
      answers[nameOf(route)] = await ask(route, filled(route), caller);
    }),
  );
  expect(answers).toEqual(right);
  expect(await database()).toEqual(before);
}

const tokenWith = async (scopes: Scope[] | null, userId = 'olga', expiresAt: Date | null = null) =>
  (await createApiToken(world.models, { workspaceId: 'acme', userId, name: '', scopes, expiresAt })).token;

test('there are routes', () => {
  expect(routes.length).toBeGreaterThan(40);
  expect(routes.map(nameOf)).toContain('GET /tickets/:id/messages/:message_id');
});

test('every POST takes an Idempotency-Key', async () => {
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    const sends = /^\/(tickets|conversations)(\/:id\/messages)?$/.test(route.path);
    const answer = await fetch(`${world.url}/api/v1/workspaces/acme${filled(route)}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.tokens.olga}`,
        'content-type': 'application/json',
        'idempotency-key': 'two words',
      },
      body: JSON.stringify(sends ? { text: 'x', to: ['a@x.test'] } : bodyOf(route, undefined)),
    });
    const { errors } = (await answer.json()) as { errors?: { field: string }[] };
    expect([nameOf(route), errors]).toMatchObject([nameOf(route), [{ field: 'Idempotency-Key' }]]);
  }
});

test('settings, addresses, domains, webhooks and members are changed by owners, and mail by every member', () => {
  const forOwners = ['', 'emails', 'domains', 'webhooks', 'members', 'teams'];
  const wrong = routes.filter(({ method, path, role }) => {
    const isForOwners = forOwners.includes(path.split('/')[1] ?? '') && !path.startsWith('/members/me');
    return method !== 'GET' && role !== (isForOwners ? 'owner' : 'member');
  });
  expect(wrong).toEqual([]);
});

test('reading needs the scope `read`; changing needs `admin` where it is for owners, else `write`; tokens need all', () => {
  const wrong = routes.filter(({ method, path, role, scope }) => {
    if (method === 'GET') return scope !== 'read';
    if (path.startsWith('/tokens')) return scope !== 'all';
    return scope !== (role === 'owner' ? 'admin' : 'write');
  });
  expect(wrong).toEqual([]);
});

test('without a token, or with one that is unknown, expired or revoked: 401', async () => {
  const expired = await tokenWith(null, 'olga', new Date(Date.now() - 1));
  const revoked = await tokenWith(null);
  await world.models.Token.updateOne({ prefix: revoked.slice(0, 15) }, { revoked_at: T0 });
  const gone = await tokenWith(null, 'nobody');
  for (const token of [undefined, 'x'.repeat(32), expired, revoked, gone])
    await everyRoute(token === undefined ? {} : { token }, () => 401);
  const cookie = 'postroom_session=session_unknown';
  await everyRoute({ headers: { cookie, 'sec-fetch-site': 'same-origin' } }, () => 401);
});

test('with the token of an owner of another workspace: 404', async () => {
  await everyRoute({ token: world.tokens.stranger }, () => 404);
});

test('a member’s token cannot do what is for owners', async () => {
  await everyRoute({ token: world.tokens.max }, ({ role }) => (role === 'owner' ? 403 : null));
});

test.each<[Scope]>([['read'], ['write'], ['admin']])(
  'a token with the scope %s does nothing else',
  async (scope) => {
    const token = await tokenWith([scope]);
    await everyRoute({ token }, (route) => (route.scope === scope ? null : 403));
  },
);

test('with a cookie, a change that does not come from one of our pages is 403', async () => {
  await world.models.User.updateOne({ _id: 'olga' }, { password_hash: await hashPassword(PASSWORD) });
  const browser = new Browser(world);
  await browser.signIn('olga@people.test');
  const proofs: Record<string, string>[] = [
    {},
    { origin: 'https://evil.test' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const proof of proofs)
    await everyRoute({ headers: { cookie: browser.cookie, ...proof } }, ({ method }) =>
      method === 'GET' ? null : 403,
    );
});

test('an id of another workspace, or of somebody’s personal mail, is 404, and nothing of it is read or changed', async () => {
  // A token with all rights.
  const token = await tokenWith(null);
  const before = await database();
  const notHidden: [string, number][] = [];
  let asked = 0;
  for (const route of routes)
    for (const parameter of parametersOf(route.path))
      for (const ids of [foreign, personal, { any: 'no-such-id' }]) {
        const id = Object.hasOwn(ids, 'any') ? 'no-such-id' : ids[keyOf(route.path, parameter)];
        if (id === undefined) continue;
        asked += 1;
        const status = await ask(route, filled(route, { parameter, id }), { token });
        if (status !== 404) notHidden.push([`${nameOf(route)} ${parameter} ${id}`, status]);
      }
  expect(notHidden).toEqual([]);
  expect(asked).toBeGreaterThan(60);
  expect(await database()).toEqual(before);
});

test('nothing is merged into a row of another workspace, or into somebody’s personal mail', async () => {
  const before = await database();
  for (const route of routes.filter(isMerge))
    for (const ids of [foreign, personal]) {
      const into = ids[keyOf(route.path, ':id')];
      const status = await ask(route, filled(route), { token: world.tokens.olga, into });
      expect([nameOf(route), [404, 422].includes(status)]).toEqual([nameOf(route), true]);
    }
  expect(await database()).toEqual(before);
});

test('callers with the rights get in, and lists hold nothing of others', async () => {
  const callers: [string, Scope[]][] = [
    [world.tokens.olga, [...scopesOf('owner')]],
    [world.tokens.max, [...scopesOf('member')]],
    [await tokenWith(['read']), ['read']],
    [await tokenWith(['write']), ['write']],
    [await tokenWith(['admin']), ['admin']],
  ];
  const shut: [string, string[]][] = [];
  for (const [token, scopes] of callers)
    for (const route of routes) {
      const isOwner = token !== world.tokens.max;
      const isWhole = scopes.length === scopesOf(isOwner ? 'owner' : 'member').length;
      const may =
        (isOwner || route.role === 'member') &&
        (route.scope === 'all' ? isWhole : scopes.includes(route.scope));
      // A deleted row would be missing for the next callers.
      if (!may || (route.method === 'DELETE' && !route.path.includes('messages'))) continue;
      const status = await ask(route, filled(route), { token });
      if (status === 401 || status === 403 || status >= 500)
        shut.push([nameOf(route), [...scopes, String(status)]]);
    }
  expect(shut).toEqual([]);
});

test('the routes of an account ask for a session, except those for signing in', async () => {
  const open: string[] = [];
  for (const { method, path, access } of createRoutes(world.deps).account.routes) {
    if (access === 'anybody') {
      open.push(`${method} ${path}`);
      continue;
    }
    for (const headers of [
      {},
      { authorization: `Bearer ${world.tokens.olga}` },
      { cookie: 'postroom_session=session_unknown', 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[])
      expect((await fetch(`${world.url}/api/v1${path}`, { method, headers })).status).toBe(401);
  }
  expect(open.sort()).toEqual([
    'POST /end-tokens',
    'POST /invitation',
    'POST /password',
    'POST /password-reset',
    'POST /sessions',
  ]);
});
