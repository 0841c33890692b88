import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientOf } from './outbound/client.ts';
import { readPost, localMailgunFor, startReceiver, valuesOf } from './receiver.ts';

const SCRIPT = fileURLToPath(new URL('../../sendMail.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let folder: string;
beforeEach(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver);
  folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
  await rm(folder, { recursive: true });
});

interface Ran {
  code: number;
  out: string;
  err: string;
}
const sendMail = (...args: string[]) =>
  new Promise<Ran>((resolve) => {
    const command = ['--import', TSX, SCRIPT, ...args];
    execFile(process.execPath, command, { cwd: folder }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

/** A web process that shows its rows to the member only. */
async function startApi(rows: object[]): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    const hers = request.headers.authorization === 'Bearer hers';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: hers ? rows : [], next_cursor: null }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const ready = {
    web_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mailgun_url: localMailgun.url,
    workspace_id: 'w1',
    api_token: 'owner',
    member_token: 'hers',
  };
  await mkdir(path.join(folder, '.postroom'));
  await writeFile(path.join(folder, '.postroom/ready.json'), JSON.stringify(ready));
  return server;
}

test('sends a mail with all options, and prints where it went', async () => {
  const row = {
    id: 'row1',
    recipient: 'dana@postroom.test',
    state: 'routed',
    reason: null,
    workflow_id: 'inbound/row1',
    workflow_url: 'http://127.0.0.1:8233/namespaces/default/workflows/inbound%2Frow1',
    ticket_id: null,
    conversation_id: 'conv1',
    created_at: new Date(Date.now() + 60_000).toISOString(),
  };
  const older = { ...row, id: 'row0', created_at: '2026-01-01T00:00:00.000Z' };
  const api = await startApi([older, row]);
  await writeFile(path.join(folder, 'mail.html'), '<p>Grüße</p>');
  await writeFile(path.join(folder, 'Größe.txt'), 'file');
  const ran = await sendMail(
    ...['--to', 'Dana <dana@postroom.test>', '--from', 'Ann <ann@client.test>', '--subject', 'Größe'],
    ...['--text', 'Hi', '--html', 'mail.html', '--attach', 'Größe.txt', '--cc', 'bob@client.test'],
    ...['--in-reply-to', '<parent@postroom.test>', '--recipient', 'dana@postroom.test'],
  );
  api.close();
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain('dana@postroom.test: posted, answered 200');
  expect(ran.out).toContain('/api/v1/workspaces/w1/conversations/conv1/messages');
  expect(ran.out).toContain(row.workflow_url);
  const read = await readPost(receiver.posts[0]!);
  expect(Object.fromEntries(read.fields)).toMatchObject({
    subject: 'Größe',
    'body-plain': 'Hi',
    'body-html': '<p>Grüße</p>',
    Cc: 'bob@client.test',
    'In-Reply-To': '<parent@postroom.test>',
    References: '<parent@postroom.test>',
  });
  expect(read.files).toMatchObject([{ filename: 'Größe.txt', bytes: Buffer.from('file') }]);
});

test('without a form: by forwards and routes; says when the mail arrives nowhere', async () => {
  const to = 'fwd@in.postroom.test';
  const row = {
    id: 'row1',
    recipient: to,
    state: 'held',
    reason: null,
    workflow_id: 'w',
    workflow_url: null,
  };
  const api = await startApi([
    {
      ...row,
      ticket_id: null,
      conversation_id: null,
      created_at: new Date(Date.now() + 60_000).toISOString(),
    },
  ]);
  await localMailgun.forwards.set({ from: 'support@acme.test', to });
  await clientOf(localMailgun).routes.create({
    expression: 'match_recipient("@in.postroom.test$")',
    action: [`store(notify="${receiver.url}/stored")`],
  });
  const mail = ['--to', 'support@acme.test', '--from', 'ann@client.test', '--text', 'Hi'];
  expect((await sendMail(...mail)).out).toContain(`${to}: posted, answered 200`);
  expect(receiver.posts.map(({ url }) => url)).toEqual(['/stored']);

  await localMailgun.forwards.set({ from: to, to: 'support@acme.test' });
  expect((await sendMail(...mail)).out).toContain('not posted: ');
  expect(receiver.posts).toHaveLength(1);
  api.close();
});

test('sends a file unchanged, in the given form; says when it was not accepted', async () => {
  const api = await startApi([]);
  receiver.answer = () => 503;
  await writeFile(path.join(folder, 'a.eml'), 'To: s@postroom.test\r\nSubject: raw\r\n\r\nHi\r\n');
  const ran = await sendMail('--eml', 'a.eml', '--form', 'mime');
  api.close();
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('s@postroom.test: answered 503; it will be tried again in 10 minutes');
  expect(receiver.posts[0]!.url).toBe('/webhooks/mailgun/inbound/mime');
  expect(valuesOf(await readPost(receiver.posts[0]!), 'subject')).toEqual(['raw']);
});

test.each([
  [[], 'Name the sender'],
  [['--from', 'a@x.test'], 'Name a recipient'],
  [['--to', 's@x.test', '--from', 'a@x.test', '--form', 'pigeon'], '--form must be one of'],
  [['--to', 's@x.test', '--from', 'a@x.test', '--attach', 'nowhere.txt'], 'nowhere.txt cannot be read.'],
  [['--eml', 'a.eml', '--to', 's@x.test'], '--to cannot be combined with --eml'],
  [['--subjekt', 'x'], "Unknown option '--subjekt'"],
])('%j: usage with a sentence, exit 2', async (args, sentence) => {
  const ran = await sendMail(...args);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain(sentence);
  expect(ran.err).toContain('usage: npm run send-mail');
  expect(ran.err).not.toContain('    at ');
});

test('not started: says what to do first', async () => {
  const ran = await sendMail('--to', 's@x.test', '--from', 'a@x.test');
  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toContain('npm start');
});
