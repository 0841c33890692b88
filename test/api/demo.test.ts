import http from 'node:http';
import { DEMO_WORKSPACE } from '../../src/core/access/demo.ts';
import { createDemoMail } from '../../src/infra/providers/index.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let demo: World;
beforeAll(async () => {
  world = await createWorld();
  demo = await createWorld({ config: { ...world.deps.config, demoSignIn: true } });
  for (const [user_id, role] of [
    ['olive', 'owner'],
    ['dana', 'member'],
  ] as const) {
    const _id = `${DEMO_WORKSPACE}/${user_id}`;
    await demo.models.Member.create({ _id, workspace_id: DEMO_WORKSPACE, user_id, role });
  }
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await demo[Symbol.asyncDispose]();
});

/** `fetch` sets the header Host itself. */
const ask = (url: string, method: string, body: object | null, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; body: string; cookie: string }>((resolve, reject) => {
    const request = http.request(
      `${url}/api/v1/demo/${method === 'GET' ? 'people' : 'sessions'}`,
      { method, headers: { ...(body && { 'content-type': 'application/json' }), ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            body: text,
            cookie: answer.headers['set-cookie']?.[0] ?? '',
          }),
        );
      },
    );
    request.on('error', reject).end(body ? JSON.stringify(body) : undefined);
  });

test('without DEMO_SIGN_IN there is no such route', async () => {
  expect((await ask(world.url, 'GET', null)).status).toBe(404);
  expect((await ask(world.url, 'POST', { user_id: 'dana' })).status).toBe(404);
});

test("with it, the demo's people sign in by one click, and only from this machine", async () => {
  const people = await ask(demo.url, 'GET', null);
  expect(JSON.parse(people.body)).toEqual({
    data: [
      { user_id: 'dana', name: expect.any(String), role: 'member' },
      { user_id: 'olive', name: expect.any(String), role: 'owner' },
    ],
  });
  const signedIn = await ask(demo.url, 'POST', { user_id: 'dana' });
  expect([signedIn.status, JSON.parse(signedIn.body).user.id]).toEqual([201, 'dana']);
  expect(signedIn.cookie).toMatch(/^postroom_session=.*httponly/i);
  // Nobody else, however well known.
  expect((await ask(demo.url, 'POST', { user_id: 'max' })).status).toBe(404);
  // Through a proxy, and by another name for this machine.
  const elsewhere: Record<string, string>[] = [{ 'x-forwarded-for': '127.0.0.1' }, { host: 'rebound.test' }];
  for (const headers of elsewhere)
    for (const method of ['GET', 'POST'])
      expect(
        (await ask(demo.url, method, method === 'GET' ? null : { user_id: 'dana' }, headers)).status,
      ).toBe(404);
  const foreign = await ask(demo.url, 'POST', { user_id: 'dana' }, { 'sec-fetch-site': 'cross-site' });
  expect(foreign.status).toBe(403);
});

test('a signed-in person lets the local Mailgun receive a mail; away, it says so', async () => {
  const mails: unknown[] = [];
  const mailgun = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      mails.push([request.url, JSON.parse(text)]);
      response.end('{}');
    });
  });
  await new Promise<void>((listening) => mailgun.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(mailgun.address() as { port: number }).port}`;
  const mailgunConfig = { url, apiKey: '', signingKey: '', signatureHours: 12, timeoutMs: 1_000 };
  await using here = await createWorld({
    config: demo.deps.config,
    receiveDemoMail: createDemoMail({ mailgun: mailgunConfig }),
  });
  const _id = `${DEMO_WORKSPACE}/dana`;
  await here.models.Member.create({ _id, workspace_id: DEMO_WORKSPACE, user_id: 'dana', role: 'member' });
  const signedIn = await fetch(`${here.url}/api/v1/demo/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'dana' }),
  });
  const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
  const receive = (headers: Record<string, string>, to = 'support@postroom.test') =>
    fetch(`${here.url}/api/v1/demo/mails`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
      body: JSON.stringify({ to }),
    });
  expect((await receive({})).status).toBe(401);
  expect((await receive({ cookie, 'x-forwarded-for': '127.0.0.1' })).status).toBe(404);
  expect((await receive({ cookie }, 'nobody')).status).toBe(422);
  expect((await receive({ cookie })).status).toBe(204);
  expect(mails).toEqual([['/sandbox/receive', expect.objectContaining({ to: 'support@postroom.test' })]]);
  mailgun.closeAllConnections();
  await new Promise((closed) => mailgun.close(closed));
  expect((await receive({ cookie })).status).toBe(409);
});
