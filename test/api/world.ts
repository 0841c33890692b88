import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import Koa from 'koa';
import { pino } from 'pino';
import { createApi, createRoutes } from '../../src/api/api.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createLinks, type Links } from '../../src/core/presenters/links.ts';
import type {
  AttachmentRow,
  ContactRow,
  ConversationRow,
  InboundEmailRow,
  InboundMessageRow,
  MessageRow,
  Models,
  TicketRow,
  WorkspaceEmailRow,
} from '../../src/infra/models/index.ts';
import { createParserPool } from '../../src/infra/parser/createParserPool.ts';
import { createSetUp } from '../../src/infra/providers/index.ts';
import { createFileStorage } from '../../src/infra/storage/fileStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { newId } from '../../src/lib/ids.ts';
import { type SetUpWorkflow } from '../../src/infra/temporal/ids.ts';
import { hashToken } from '../../src/lib/tokens.ts';
import type { ReplyRun, SetUpRun, SnoozeRun } from '../../src/infra/temporal/runTypes.ts';
import { onSchema } from './onSchema.ts';
import { freshModels } from '../support/mongodb.ts';

/**
 * A workspace `acme` with an owner and two members, one `other` with a member, and the API over real HTTP.
 */
export interface World extends AsyncDisposable {
  /** What the API was created with. */
  deps: ApiDeps;
  models: Models;
  storage: Storage;
  url: string;
  links: Links;
  tokens: { olga: string; dana: string; max: string; stranger: string };
  /**
   * GET below `/api/v1/workspaces/acme`, by one of the users or with no token.
   * @throws Error when the answer is not as the API's own description says (onSchema.ts)
   */
  get(path: string, token?: string): Promise<Response>;
  /** With a JSON body where one is given. */
  post(path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  put(path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  patch(path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  delete(path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Runs that the API requested, in order; none is started. */
  asked: {
    start: ReplyRun[];
    wake: ReplyRun[];
    setUp: Asked[];
    wakeSetUp: Asked[];
    /** Ids of deliveries. */
    deliver: string[];
    wakeEndpoint: string[];
    snooze: SnoozeRun[];
  };
}

type Asked = [SetUpWorkflow, SetUpRun];

/** A provider that is unavailable. */
const NOBODY = {
  apiKey: 'key',
  signingKey: 'key',
  url: 'http://127.0.0.1:9',
  signatureHours: 12,
  timeoutMs: 1_000,
};

export const T0 = new Date('2026-11-01T10:00:00.000Z');

/** To describe the API and to compile its schemas takes a second: once for all files of this process. */
let checkAnswer: ReturnType<typeof onSchema> | undefined;
const checkOf = (deps: ApiDeps) => (checkAnswer ??= onSchema(createRoutes(deps).describe()));

export async function createWorld(more: Partial<ApiDeps> = {}): Promise<World> {
  const models = more.models ?? (await freshModels());
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-api-'));
  const storage = more.storage ?? (await createFileStorage(folder));
  const tokens = await seedPeople(models);
  const app = new Koa();
  app.silent = true;
  const config = {
    publicUrl: '',
    urlSecret: randomBytes(32).toString('hex'),
    temporal: { address: null, namespace: 'mail', uiUrl: 'http://temporal.test' },
    platformDomain: 'postroom.test',
    secretsKey: randomBytes(32).toString('hex'),
    webhooksAllowLoopback: false,
    apiRequestsPerMinute: 100_000,
  };
  const log = pino({ level: process.env.SHOW_LOGS ? 'warn' : 'silent' });
  const asked: World['asked'] = {
    start: [],
    wake: [],
    setUp: [],
    wakeSetUp: [],
    deliver: [],
    wakeEndpoint: [],
    snooze: [],
  };
  const replies: ApiDeps['replies'] = {
    add: (reply) => void asked.start.push(reply),
    wake: async (reply) => void asked.wake.push(reply),
  };
  const setUps: ApiDeps['setUps'] = { add: (workflow, run) => void asked.setUp.push([workflow, run]) };
  const wakeSetUp: ApiDeps['wakeSetUp'] = async (...of) => void asked.wakeSetUp.push(of);
  const parser = createParserPool({ warm: false });
  const rerun = () => Promise.reject(new Error('not in this test'));
  const deps: ApiDeps = {
    models,
    storage,
    config,
    providers: new Map(),
    rerun,
    replies,
    parser,
    log,
    setUp: createSetUp({ mailgun: NOBODY }),
    setUps,
    wakeSetUp,
    snoozes: { add: (snooze) => void asked.snooze.push(snooze) },
    deliveries: {
      add: (ids) => void asked.deliver.push(...ids),
      wake: ({ _id }) => void asked.wakeEndpoint.push(_id),
    },
    ...more,
  };
  app.use(createApi(deps));
  const check = checkOf(deps);
  app.use((ctx) => {
    ctx.body = 'not the API';
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.publicUrl = url;
  const ask =
    (method: string) =>
    async (below: string, token?: string, body?: unknown, headers: Record<string, string> = {}) => {
      const path = `/api/v1/workspaces/acme${below}`;
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      await check(method, path, answer);
      return answer;
    };
  return {
    deps,
    models,
    storage,
    url,
    links: createLinks(config),
    tokens,
    get: ask('GET'),
    post: ask('POST'),
    put: ask('PUT'),
    patch: ask('PATCH'),
    delete: ask('DELETE'),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await parser.close();
      await models.connection.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function seedPeople(models: Models): Promise<World['tokens']> {
  const people = [
    { user: 'olga', workspace: 'acme', role: 'owner' },
    { user: 'dana', workspace: 'acme', role: 'member' },
    { user: 'max', workspace: 'acme', role: 'member' },
    { user: 'stranger', workspace: 'other', role: 'owner' },
  ] as const;
  const tokens: Record<string, string> = {};
  for (const _id of ['acme', 'other']) await models.Workspace.create({ _id, name: _id, created_at: T0 });
  for (const { user, workspace, role } of people) {
    const token = randomBytes(16).toString('hex');
    tokens[user] = token;
    await models.User.create({ _id: user, email: `${user}@people.test`, name: user, created_at: T0 });
    await models.Member.create({
      _id: `${workspace}/${user}`,
      workspace_id: workspace,
      user_id: user,
      role,
    });
    await models.Token.create({
      _id: hashToken(token),
      workspace_id: workspace,
      user_id: user,
      created_at: T0,
    });
  }
  return tokens as World['tokens'];
}

/** Creates rows from the fields that a test is about; the rest is plausible. */
export const rows = {
  contact: (models: Models, row: Partial<ContactRow>) =>
    models.Contact.create({
      _id: newId(),
      workspace_id: 'acme',
      email: `${newId()}@x.test`,
      name: 'Ann',
      audiences: ['tickets'],
      created_at: T0,
      updated_at: row.created_at ?? T0,
      ...row,
    }),
  workspaceEmail: (models: Models, row: Partial<WorkspaceEmailRow>) =>
    models.WorkspaceEmail.create({
      _id: newId(),
      workspace_id: 'acme',
      address: `${newId()}@acme.test`,
      purpose: 'ticket',
      kind: 'platform',
      can_receive: true,
      can_send: true,
      active: true,
      created_at: T0,
      ...row,
    }),
  ticket: (models: Models, row: Partial<TicketRow>) =>
    models.Ticket.create({ ...thread(), audience: 'tickets', number: ++numbers, ...row }),
  conversation: (models: Models, row: Partial<ConversationRow>) =>
    models.Conversation.create({ ...thread(), audience: 'shared', ...row }),
  message: (models: Models, row: Partial<MessageRow>) =>
    models.Message.create({
      _id: newId(),
      workspace_id: 'acme',
      audience: 'tickets',
      thread_kind: 'ticket',
      thread_id: 'none',
      direction: 'inbound',
      state: 'received',
      from: { email: 'ann@x.test', name: 'Ann' },
      sender: { email: 'ann@x.test', name: 'Ann' },
      created_at: T0,
      ...row,
    } as MessageRow),
  attachment: (models: Models, row: Partial<AttachmentRow>) =>
    models.Attachment.create({
      _id: newId(),
      workspace_id: 'acme',
      audience: 'tickets',
      message_id: 'none',
      position: 0,
      filename: 'a.txt',
      content_type: 'text/plain',
      state: 'stored',
      created_at: T0,
      ...row,
    }),
  inboundEmail: (models: Models, row: Partial<InboundEmailRow>) =>
    models.InboundEmail.create({
      _id: newId(),
      workspace_id: 'acme',
      audiences: ['tickets'],
      provider: 'mailgun',
      recipient: 'support@acme.test',
      key: 'mailgun-incoming/none.json',
      state: 'routed',
      run: 1,
      received_at: T0,
      created_at: T0,
      updated_at: T0,
      ...row,
    }),
};

let numbers = 0;
const thread = () => ({
  _id: newId(),
  workspace_id: 'acme',
  subject: 'Hello',
  status: 'open' as const,
  contact_id: 'none',
  workspace_email_id: 'none',
  last_message_at: T0,
  created_at: T0,
  updated_at: T0,
});

/** Addresses of acme that can send: two for tickets, a shared one, and a personal one of each member's. */
export async function seedEmails({ models }: World): Promise<void> {
  const emails = [
    { address: 'support@acme.test', display_name: 'Support' },
    { address: 'billing@acme.test' },
    { address: 'hello@acme.test', purpose: 'inbox' },
    { address: 'dana@acme.test', purpose: 'inbox', user_id: 'dana' },
    { address: 'max@acme.test', purpose: 'inbox', user_id: 'max' },
  ] as const;
  for (const [n, email] of emails.entries()) {
    const created_at = new Date(T0.getTime() + n);
    await rows.workspaceEmail(models, { _id: email.address, proved_at: T0, created_at, ...email });
  }
}

/** A ticket of Ann's at support@, with the mail that opened it. @returns its id. */
export async function askedTicket({ models }: World, mail: Partial<InboundMessageRow> = {}): Promise<string> {
  const { _id } = await rows.ticket(models, { workspace_email_id: 'support@acme.test' });
  await rows.message(models, {
    thread_id: _id,
    subject: 'A question',
    message_id: `<${_id}@x.test>`,
    to: [{ email: 'support@acme.test', name: '' }],
    cc: [{ email: 'bob@x.test', name: 'Bob' }],
    opens: true,
    ...mail,
  });
  return _id;
}

/** A file in the store with its row. */
export async function storedFile(
  { models, storage }: World,
  body: Buffer | string,
  row: Partial<AttachmentRow>,
): Promise<string> {
  const _id = newId();
  const key = `attachments/acme/${row.message_id || 'none'}/${_id}`;
  await storage.put(key, body);
  await rows.attachment(models, { _id, key, size: Buffer.byteLength(body), ...row });
  return _id;
}
