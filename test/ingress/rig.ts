import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Koa from 'koa';
import pino from 'pino';
import type { Config } from '../../src/infra/config.ts';
import type { OutboundProvider } from '../../src/infra/providers/outbound.ts';
import { createProviders } from '../../src/infra/providers/index.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { answerBrokenRequests } from '../../src/infra/http/brokenRequests.ts';
import { createEventIngress } from '../../src/ingress/events.ts';
import type { Mark } from '../../src/ingress/marks.ts';
import type { UnstartedPost } from '../../src/ingress/starter.ts';
import { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { createInboundIngress } from '../../src/ingress/inbound.ts';
import { UnprovedPosts } from '../../src/ingress/unproved.ts';

export const SIGNING_KEY = 'key-test-signing-0123456789abcdef';
export const MIME_TOKEN = 'a-token-for-raw-mail';
export const silent = pino({ level: 'silent' });

export const providersFor = (change: Partial<Pick<Config, 'mailgun' | 'mimeTokens'>> = {}) =>
  createProviders({
    mailgun: {
      signingKey: SIGNING_KEY,
      apiKey: 'key',
      url: 'https://api.mailgun.net',
      signatureHours: 12,
      timeoutMs: 1_000,
    },
    mimeTokens: ['another', MIME_TOKEN],
    ...change,
  });

/** Webhooks with a store of their own; mails that they accept are in `started`, events in `marked`. */
export interface Rig {
  url: string;
  port: number;
  storage: Storage;
  started: UnstartedPost[];
  marked: Mark[];
  /** Every file in the store, spool included, in name order. */
  files(): Promise<string[]>;
  /** The payload of a post that was answered with 200. */
  payload(answer: Response): Promise<StoredPost>;
  payloadOf(id: string): Promise<StoredPost>;
  close(): Promise<void>;
}

export interface RigOptions {
  maxPostBytes?: number;
  maxUnprovedBytes?: number;
  idleMs?: number;
  providers?: ReturnType<typeof providersFor>;
  outbound?: Pick<OutboundProvider, 'name' | 'events'>;
  /** Puts something between the webhook and the store. */
  wrap?(storage: Storage): Storage;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const root = await mkdtemp(path.join(tmpdir(), 'postroom-webhook-'));
  const storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
  const started: UnstartedPost[] = [];
  const marked: Mark[] = [];
  const wrapped = options.wrap?.(storage) ?? storage;
  const unproved = new UnprovedPosts(options.maxUnprovedBytes ?? 64 * 1024 * 1024);
  const app = new Koa();
  app.use(
    createInboundIngress({
      providers: options.providers ?? providersFor(),
      storage: wrapped,
      starter: { add: (post) => started.push(post) },
      unproved,
      config: { maxPostBytes: options.maxPostBytes ?? 1024 * 1024 },
      idleMs: options.idleMs,
      log: silent,
    }),
  );
  if (options.outbound) {
    const work = { add: (mark: Mark) => marked.push(mark) };
    app.use(
      createEventIngress({
        outbound: options.outbound,
        storage: wrapped,
        work,
        unproved,
        idleMs: options.idleMs,
        log: silent,
      }),
    );
  }
  // Koa prints senders' broken connections otherwise.
  app.silent = true;
  const server = http.createServer(app.callback());
  answerBrokenRequests(server);
  // The server could close a kept-alive connection just when a busy test reuses it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const files = async (): Promise<string[]> => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const names = entries.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
    return names.map((name) => path.relative(root, name)).sort();
  };
  const payloadOf = async (id: string): Promise<StoredPost> => {
    const name = (await files()).find((file) => file.endsWith(`/${id}.json`));
    if (!name) throw new Error(`no payload of ${id}`);
    return StoredPost.parse(JSON.parse((await storage.readAll(name)).toString()));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    storage,
    started,
    marked,
    files,
    payloadOf,
    async payload(answer) {
      expect(answer.status).toBe(200);
      return payloadOf(((await answer.json()) as { id: string }).id);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Field = [name: string, value: string];

/** The three fields that prove a post. */
export function signature(change: { at?: number; token?: string; key?: string } = {}): Field[] {
  const timestamp = String(Math.floor((change.at ?? Date.now()) / 1000));
  const token = change.token ?? '6c1f0e9a4b7d2c83515e0b8da7e343ef808ef27b75edf470aa';
  const hex = createHmac('sha256', change.key ?? SIGNING_KEY)
    .update(timestamp + token)
    .digest('hex');
  return [
    ['timestamp', timestamp],
    ['token', token],
    ['signature', hex],
  ];
}

export const someFields = (): Field[] => [
  ['recipient', 'support@acme.test'],
  ['sender', 'dana@client.test'],
  ['subject', 'Größe & Co'],
  ['Received', 'from one'],
  ['Received', 'from two'],
  ['body-plain', 'Hello,\r\nwe have a question.'],
];

export function postForm(rig: Rig, fields: Field[], route = 'mailgun/inbound'): Promise<Response> {
  return fetch(`${rig.url}/webhooks/${route}`, { method: 'POST', body: new URLSearchParams(fields) });
}

export function post(
  rig: Rig,
  route: string,
  body: string | Buffer | FormData,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${rig.url}/webhooks/${route}`, { method: 'POST', body, headers });
}

/** A multipart body, written out so that every byte is under control. */
export function multipart(parts: { head: string; body: Buffer | string }[], boundary = 'b0undary'): Buffer {
  const pieces = parts.flatMap(({ head, body }) => [`--${boundary}\r\n${head}\r\n\r\n`, body, '\r\n']);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)));
}
export const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b0undary' };
export const fieldParts = (fields: Field[]): { head: string; body: string }[] =>
  fields.map(([name, value]) => ({ head: `Content-Disposition: form-data; name="${name}"`, body: value }));
