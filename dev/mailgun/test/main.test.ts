import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sign } from '../signature.ts';
import { clientOf } from './outbound/client.ts';
import { lastingPort } from './ports.ts';
import { readPost, startReceiver, valuesOf, type Post } from './receiver.ts';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs it with nothing in its environment but PATH and these variables. */
function run(env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, said, ended };
}

async function start(env: Record<string, string>) {
  const { child, said, ended } = run({ PORT: '0', DNS_PORT: '0', ...env });
  await until('it to be ready', () => {
    if (child.exitCode !== null) throw new Error(said.stderr);
    return said.stdout.includes('/sandbox/receive');
  });
  const [, url] = /is at (\S+)/.exec(said.stdout)!;
  return { child, said, ended, url: url! };
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function isSignedWith(signingKey: string, received: Post): Promise<boolean> {
  const fields = await readPost(received);
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map(
    (name) => valuesOf(fields, name)[0]!,
  );
  return sign(signingKey, timestamp, token).signature === signature;
}

test('with WEBHOOK_URL alone it receives, posts with its signature, sends, and posts events', async () => {
  const receiver = await startReceiver();
  const { child, ended, url } = await start({ WEBHOOK_URL: `${receiver.url}/` });
  const received = await post(`${url}/sandbox/receive`, {
    from: 'ann@client.test',
    to: 'support@mail.test',
    text: 'Hello',
  });
  expect(received.status).toBe(200);
  expect(receiver.posts.map((each) => each.url)).toEqual(['/webhooks/mailgun/inbound']);
  expect(await isSignedWith('local-signing-key', receiver.posts[0]!)).toBe(true);

  const client = clientOf({ url }, { key: 'local-api-key' });
  const { id } = await client.messages.create('mail.test', {
    from: 'support@mail.test',
    to: ['ann@client.test'],
    text: 'Hello Ann',
  });
  expect(id).toMatch(/^<.*@mail\.test>$/);
  await until('accepted and delivered', () => receiver.posts.length === 3);
  expect(receiver.posts.at(-1)!.url).toBe('/webhooks/mailgun/events');

  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  await receiver.close();
});

test('every setting is used', async () => {
  const receiver = await startReceiver();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'local-mailgun-main-'));
  const { child, said, ended, url } = await start({
    INBOUND_URL: `${receiver.url}/mail`,
    EVENTS_URL: `${receiver.url}/events`,
    MAILGUN_API_KEY: 'k',
    MAILGUN_SIGNING_KEY: 's',
    MAIL_DOMAIN: 'Own.test',
    DATA_DIR: dataDir,
    EVENTS_DELAY_MS: '0',
    RETRY_SPEED: '100000',
  });
  expect(said.stdout).toContain(`${receiver.url}/mail`);
  receiver.answer = ({ url: path }) => (path === '/mail' && receiver.posts.length === 1 ? 500 : 200);
  const mail = { from: 'ann@client.test', to: 'a@own.test', text: 'Hello' };
  await post(`${url}/sandbox/receive`, mail);
  await until('the second try', () => receiver.posts.length === 2);
  await post(`${url}/sandbox/receive`, { ...mail, form: 'mime' });
  expect(receiver.posts.map((each) => each.url)).toEqual(['/mail', '/mail', '/mail/mime']);
  expect(await isSignedWith('s', receiver.posts[0]!)).toBe(true);
  expect(await clientOf({ url }, { key: 'k' }).domains.list()).toMatchObject([
    { name: 'own.test', state: 'active' },
  ]);
  expect(await readdir(dataDir)).toEqual(expect.arrayContaining(['domains.json', 'sent']));
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  await receiver.close();
  await rm(dataDir, { recursive: true });
});

test('its DNS server is the one that domains are verified against', async () => {
  const { url } = await start({});
  const client = clientOf({ url }, { key: 'local-api-key' });
  const { sending_dns_records: records } = await client.domains.create({ name: 'mg.acme.test' });
  await fetch(`${url}/sandbox/dns`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(records!.map(({ name, record_type: type, value }) => ({ name, type, value }))),
  });
  expect(await client.domains.verify('mg.acme.test')).toMatchObject({ state: 'active' });
});

test('--help names every setting, and so does the README', async () => {
  const { said, ended } = run({}, ['--help']);
  expect(await ended).toBe(0);
  const names = [...said.stdout.matchAll(/^ {2}([A-Z_]+) {2,}\S/gm)].map(([, name]) => name!);
  expect(names).toHaveLength(11);
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect([...readme.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name)).toEqual(names);
});

test('a setting that is wrong, and an option that does not exist, are sentences; exit code 1', async () => {
  const wrong = run({ PORT: '70000', WEBHOOK_URL: 'here', RETRY_SPEED: '0' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.said.stderr).toBe(
    'The environment is not right (--help explains each variable):\n' +
      '  PORT must be 0 to 65535\n' +
      '  WEBHOOK_URL must be a URL starting with http:// or https://\n' +
      '  RETRY_SPEED must be a number above 0\n',
  );
  const unknown = run({}, ['--helo']);
  expect(await unknown.ended).toBe(1);
  expect(unknown.said.stderr).toContain("Unknown option '--helo'");
});

test('a port that is set and in use is a sentence; exit code 1', async () => {
  const port = await lastingPort();
  const receiver = await startReceiver(port);
  const { said, ended } = run({ PORT: String(port), DNS_PORT: '0' });
  expect(await ended).toBe(1);
  expect(said.stderr).toBe(`Port ${port} is in use: stop what uses it, or set PORT to another one.\n`);
  await receiver.close();
});
