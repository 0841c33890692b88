import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client } from '@temporalio/client';
import type { MessageRow, Models } from '../../src/infra/models/index.ts';
import { startDns, type DemoDns } from '../../dev/mailgun/dns/index.ts';
import { startLocalMailgun, type LocalMailgun, type LocalMailgunOptions } from '../../dev/mailgun/index.ts';
import { seed, type Seeded } from '../../dev/seed.ts';
import { built } from './built.ts';
import { freshDatabaseUri, freshModels } from './mongodb.ts';
import { lastingPort } from './ports.ts';
import { connectTemporal, freshNamespace, temporalAddress } from './temporal.ts';
import { until } from './until.ts';

/**
 * Postroom as it runs: web and worker as processes of their own, a local Mailgun, a database and a namespace
 * of its own.
 */
export interface Stack {
  webUrl: string;
  sandbox: LocalMailgun;
  /** The DNS that web and worker ask. */
  dns: DemoDns;
  models: Models;
  client: Client;
  namespace: string;
  storageDir: string;
  seeded: Seeded;
  /** Address on the platform domain: `at('support')`. */
  at(local: string): string;
  forwarding: string;
  startWeb(env?: Record<string, string>): Promise<void>;
  startWorker(env?: Record<string, string>): Promise<void>;
  /**
   * Ends a process and waits for its end; does nothing when it is not running.
   * @throws when it had to be killed
   */
  stop(name: 'web' | 'worker', signal?: NodeJS.Signals): Promise<void>;
  pid(name: 'web' | 'worker'): number | undefined;
  /** Starts one more process beside the first; it ends with the stack. */
  startAnother(name: 'web' | 'worker', env?: Record<string, string>): Promise<AnotherProcess>;
  /** What the processes have printed so far: the last 4 MB. */
  said(): string;
  /** `GET /metrics` of a process. */
  metrics(name: 'web' | 'worker'): Promise<string>;
  /** GET of the API below the demo workspace, as the owner or another of the tokens. */
  api(path: string, token?: string): Promise<Response>;
  /**
   * Any other request of the API below the demo workspace.
   * @param body sent as JSON, unless it is a form or bytes.
   */
  request(method: Method, path: string, body?: object, options?: RequestOptions): Promise<Response>;
  /** The messages of a mail, by its Message-Id. */
  messages(messageId: string): Promise<MessageRow[]>;
  close(): Promise<void>;
}

export interface AnotherProcess {
  url: string;
  /** Ends it and waits for its end. @throws when it had to be killed */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export const TOKENS = { owner: 'owner-token', dana: 'dana-token', secondOwner: 'second-token' };
export const SIGNING_KEY = 'key-test-signing-0123456789abcdef';
export const API_KEY = 'key-test-api';
export const SECRETS_KEY = 'a-key-for-tests-of-at-least-32-characters';

/**
 * A process that has not ended by then is killed, and the test fails. Its own deadline is shorter, and this
 * is for a machine that is several times slower.
 */
const STOPS_WITHIN_MS = 120_000;

export type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RequestOptions {
  /** The owner's by default. */
  token?: string;
  headers?: Record<string, string>;
}

export interface StackOptions {
  /** Processes to start at once; both by default. */
  processes?: ('web' | 'worker')[];
  env?: Record<string, string>;
  sandbox?: Partial<LocalMailgunOptions>;
  /** By default a new database of the tests' engine. */
  mongodbUri?: string;
  /** By default the tests' engine. */
  temporalAt?: string;
}

export async function startStack({
  processes = ['web', 'worker'],
  env = {},
  mongodbUri = freshDatabaseUri(),
  temporalAt = temporalAddress(),
  ...more
}: StackOptions = {}): Promise<Stack> {
  const [models, namespace, storageDir, webPort, workerPort, sandboxPort] = await Promise.all([
    freshModels(mongodbUri),
    freshNamespace(temporalAt),
    mkdtemp(path.join(process.env.TEST_STORAGE_DIR ?? os.tmpdir(), 'stack-')),
    lastingPort(),
    lastingPort(),
    lastingPort(),
  ]);
  const seeded = await seed(models, {
    platformDomain: 'postroom.test',
    forwardingLocalPart: 'fwd-1',
    password: 'correct horse',
    tokens: TOKENS,
  });
  const webUrl = `http://127.0.0.1:${webPort}`;
  const apiUrl = `${webUrl}/api/v1/workspaces/${seeded.workspaceId}/`;
  const dns = await startDns({ port: 0 });
  const sandbox = await startLocalMailgun({
    dns,
    port: sandboxPort,
    webhookUrl: webUrl,
    signingKey: SIGNING_KEY,
    apiKey: API_KEY,
    ...more.sandbox,
  });
  const temporal = await connectTemporal(temporalAt);
  const client = new Client({ connection: temporal, namespace });
  const environment = {
    ...process.env,
    NODE_OPTIONS: '',
    PORT: String(webPort),
    WORKER_PORT: String(workerPort),
    PUBLIC_URL: webUrl,
    MONGODB_URI: mongodbUri,
    TEMPORAL_ADDRESS: temporalAt,
    TEMPORAL_NAMESPACE: namespace,
    STORAGE_URL: `file:${storageDir}`,
    MAILGUN_SIGNING_KEY: SIGNING_KEY,
    MAILGUN_API_KEY: API_KEY,
    MAILGUN_URL: sandbox.url,
    MIME_TOKENS: TOKENS.owner,
    MIME_AUTHSERV_ID: 'mx.client.test',
    DNS_SERVERS: dns.address,
    URL_SECRET: 'a-secret-for-tests-of-at-least-32-characters',
    SECRETS_KEY,
    // Tests ask as fast as they can.
    API_REQUESTS_PER_MINUTE: '1000000',
    MAILS_PER_MINUTE: '1000000',
    SENDER_MAILS_PER_MINUTE: '1000000',
    LOG_LEVEL: 'warn',
    ...env,
  };

  let allSaid = '';
  const lastSaid = new Map<string, () => string>();
  const running = new Map<string, ChildProcess>();
  const start = async (
    name: 'web' | 'worker',
    port: number,
    extra: Record<string, string>,
    key: string = name,
  ) => {
    const child = spawn(process.execPath, [`src/${name}.js`], {
      cwd: await built(),
      env: { ...environment, ...extra },
      stdio: process.env.SHOW_LOGS ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    running.set(key, child);
    endWithThisProcess(child);
    let said = '';
    lastSaid.set(key, () => said);
    for (const stream of [child.stdout, child.stderr]) {
      let begun = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4_000);
        // By whole lines: another process may speak between two parts of one.
        const end = text.lastIndexOf('\n') + 1;
        if (end > 0) allSaid = (allSaid + begun + text.slice(0, end)).slice(-4_000_000);
        begun = (end > 0 ? '' : begun) + text.slice(end);
      });
    }
    await until(
      `${name} to be ready`,
      () => {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
        return answersWell(`http://127.0.0.1:${port}/health/ready`);
      },
      240_000,
    );
  };
  const stop = async (name: string, signal: NodeJS.Signals = 'SIGTERM') => {
    const child = running.get(name);
    running.delete(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
    await exited;
    clearTimeout(deadline);
    if (signal !== 'SIGKILL' && (child.signalCode as NodeJS.Signals | null) === 'SIGKILL')
      throw new Error(
        `${name} (process ${child.pid}) did not end within ${STOPS_WITHIN_MS / 1000} s of ${signal}, and was killed. ` +
          `It said last: ${lastSaid.get(name)?.() ?? ''}`,
      );
  };

  const stack: Stack = {
    webUrl,
    sandbox,
    dns,
    models,
    client,
    namespace,
    storageDir,
    seeded,
    at: (local) => `${local}@postroom.test`,
    forwarding: 'fwd-1@postroom.test',
    startWeb: (extra = {}) => start('web', webPort, extra),
    startWorker: (extra = {}) => start('worker', workerPort, extra),
    stop,
    pid: (name) => running.get(name)?.pid,
    async startAnother(name, extra = {}) {
      const port = await lastingPort();
      const key = `${name} on ${port}`;
      const portName = name === 'web' ? 'PORT' : 'WORKER_PORT';
      await start(name, port, { [portName]: String(port), ...extra }, key);
      return { url: `http://127.0.0.1:${port}`, stop: (signal) => stop(key, signal) };
    },
    said: () => allSaid,
    metrics: async (name) =>
      (await fetch(`http://127.0.0.1:${name === 'web' ? webPort : workerPort}/metrics`)).text(),
    api: (below, token = TOKENS.owner) =>
      fetch(apiUrl + below, { headers: { Authorization: `Bearer ${token}` } }),
    request: (method, below, body, { token = TOKENS.owner, headers = {} } = {}) =>
      fetch((apiUrl + below).replace(/\/$/, ''), {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(isJson(body) && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        body: isJson(body) ? JSON.stringify(body) : (body as RequestInit['body']),
      }),
    messages: (messageId) => models.Message.find({ message_id: messageId }).lean<MessageRow[]>(),
    async close() {
      await Promise.all([sandbox.close(), dns.close()]);
      await Promise.all([...running.keys()].map((key) => stop(key)));
      await Promise.all([temporal.close(), models.connection.close()]);
      await rm(storageDir, { recursive: true, force: true });
    },
  };
  await startAll(stack, processes);
  return stack;
}

/** Starts processes concurrently; when one does not come up all is closed, so that the test can end. */
export async function startAll(stack: Stack, processes: ('web' | 'worker')[]): Promise<void> {
  const starting = processes.map((name) => (name === 'web' ? stack.startWeb() : stack.startWorker()));
  const failed = (await Promise.allSettled(starting)).find((result) => result.status === 'rejected');
  if (!failed) return;
  await stack.close();
  throw failed.reason;
}

/** A run that is killed leaves no web or worker behind: the pipe's end tells that this process has ended. */
function endWithThisProcess(child: ChildProcess): void {
  const watcher = spawn('/bin/sh', ['-c', `cat >/dev/null; kill -KILL ${child.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.once('exit', () => watcher.kill('SIGKILL'));
}

const isJson = (body: object | undefined): boolean =>
  body !== undefined && !(body instanceof FormData) && !(body instanceof Uint8Array);

const answersWell = (url: string): Promise<boolean> =>
  fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
