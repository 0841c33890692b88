import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ready } from '../../../src/cli/ready.ts';
import { built } from '../../support/built.ts';
import { runNode, until } from './fakes.ts';

/** Two starts of everything, on a machine that does other things too. */
const SLOW_MS = 720_000;

const npmStart = fileURLToPath(new URL('../../../scripts/start.js', import.meta.url));
// Else the first start would say that it compiles.
beforeAll(() => built());

const { PATH, HOME, POSTROOM_CACHE } = process.env;
const start = (dir: string, env: NodeJS.ProcessEnv = {}) =>
  runNode(['--enable-source-maps', npmStart], dir, { PATH, HOME, POSTROOM_CACHE, ...env });
const newFolder = () => mkdtempSync(path.join(os.tmpdir(), 'postroom-start-'));

/** Command lines of the processes that run in a folder, by id. */
function processesIn(dir: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== dir) continue;
      found.set(Number(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

async function ready(dir: string, started: ReturnType<typeof start>): Promise<Ready> {
  const file = path.join(dir, '.postroom/ready.json');
  let code: number | null | undefined;
  void started.exited.then((how) => (code = how));
  await until(
    'ready',
    () => {
      if (code !== undefined) throw new Error(`it ended with ${code}: ${started.output.text}`);
      return readPid(file) === started.child.pid; // a killed one left its file
    },
    SLOW_MS / 3,
  );
  return JSON.parse(readFileSync(file, 'utf8')) as Ready;
}

function readPid(file: string): number | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ready).pid : null;
}

const isUp = (url: string) =>
  fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );

/** Takes a default port, unless another program has it: either way it is not free. */
async function takePort(port: number): Promise<() => void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.listen(port, '127.0.0.1', resolve);
  });
  return () => server.close();
}

test('an explicit PORT that is in use is a sentence', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const { output, exited } = start(newFolder(), { PORT: String(port) });
  expect(await exited).toBe(1);
  expect(output.text).toBe(
    `Port ${port} is in use: stop what uses it, or set PORT to another one (or to none).\n`,
  );
  server.close();
});

test('all errors in the environment are reported at once', async () => {
  const { output, exited } = start(newFolder(), { PORT: 'many', MONGODB_URI: 'localhost' });
  expect(await exited).toBe(1);
  expect(output.text).toMatch(/^The environment is not right/);
  expect(output.text).toMatch(/PORT must be a whole number/);
  expect(output.text).toMatch(/MONGODB_URI must start with mongodb:/);
  expect(output.text).not.toMatch(/^\s+at /m);
});

test(
  'everything comes up, on free ports, once a folder; kill -9 leaves no orphan; a second start, with S3, finds the first one’s data; SIGTERM ends all',
  async () => {
    const dir = newFolder();
    const giveBack = await Promise.all([3000, 7233, 8025, 27017].map(takePort));
    const first = start(dir);
    const before = await ready(dir, first);
    const urls = [before.web_url, `http://${before.temporal_address}`, before.mailgun_url];
    for (const url of urls) expect(new URL(url).port).not.toMatch(/^(3000|7233|8025)$/);
    expect(before.mongodb_uri).not.toMatch(':27017/');
    for (const give of giveBack) give();
    expect(before.pid).toBe(first.child.pid);
    expect(before.emails.map(({ address }) => address)).toEqual([
      'support@postroom.test',
      'billing@postroom.test',
      'hello@postroom.test',
      'dana@postroom.test',
    ]);
    const emails = await fetch(`${before.web_url}/api/v1/workspaces/${before.workspace_id}/inbound-emails`, {
      headers: { Authorization: `Bearer ${before.api_token}` },
    });
    expect(emails.status).toBe(200);

    const other = start(dir);
    expect(await other.exited).toBe(1);
    expect(other.output.text).toBe(
      `Postroom runs in this folder already (process ${before.pid}, ${before.web_url}). Stop that one first.\n`,
    );

    const [web] = [...processesIn(dir)].find(([, line]) => /^\S*node.* \S*src\/web\.js/.test(line))!;
    process.kill(web, 'SIGKILL');
    await until('the end of web to be reported', () =>
      first.output.text.includes('web ended (exit code 137)'),
    );
    await until('web is up again', () => isUp(`${before.web_url}/health/ready`));

    expect(processesIn(dir).size).toBeGreaterThan(5);
    first.child.kill('SIGKILL');
    await until('nothing is left', () => processesIn(dir).size === 0);

    const second = start(dir, { STORAGE_URL: 's3://postroom-start/mail' });
    const after = await ready(dir, second);
    expect(after.forwarding).toEqual(before.forwarding);
    expect(after.api_token).toBe(before.api_token);
    // The file is written before the line is printed, and read sooner than it.
    const times = /^The engines were up after [\d.]+ s, and Postroom [\d.]+ s later\.$/m;
    await until('the times to be printed', () => times.test(second.output.text));
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    expect(processesIn(dir).size).toBe(0);
    expect(existsSync(path.join(dir, '.postroom/ready.json'))).toBe(false);
  },
  SLOW_MS,
);
