import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { Deps } from '../../../activities/deps.ts';
import { createDomainActivities, type DomainActivities } from '../../../activities/index.ts';
import type { Looked } from '../../../activities/domains/lookAtDomain.ts';
import { claimDomain } from '../../../src/core/domains/domainClaims.ts';
import { firstRecords } from '../../../src/core/domains/firstRecords.ts';
import { createDns } from '../../../src/infra/dns/createDns.ts';
import type { DomainRecord } from '../../../src/infra/models/domain.ts';
import type { DomainRow, Models, WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import { createOutbound, createSetUp } from '../../../src/infra/providers/index.ts';
import { startDns, type DemoDns } from '../../../dev/mailgun/dns/index.ts';
import { startLocalMailgun, type LocalMailgun } from '../../../dev/mailgun/index.ts';
import { createStorage } from '../../../src/infra/storage/createStorage.ts';
import { newId } from '../../../src/lib/ids.ts';
import { activityEnvironment } from '../../support/activityEnvironment.ts';
import { freshModels } from '../../support/mongodb.ts';
import { addWorkspaceEmail } from '../../support/house.ts';

type Purpose = DomainRecord['purpose'];

export const NAME = 'acme.test';
export const GRACE_MS = 60 * 60_000;
const API_KEY = 'api-key-of-the-tests';

/**
 * The steps of domains on a real database, three real DNS servers and the local provider; without Temporal.
 */
export interface Rig {
  models: Models;
  deps: Deps;
  steps: DomainActivities;
  /** Three resolvers: two of them are most. */
  dns: [DemoDns, DemoDns, DemoDns];
  sandbox: LocalMailgun;
  /** Runs that were woken. */
  woken: string[];
  /** Time goes on by so much. */
  pass(ms: number): void;
  /** As the API does it, for one of the workspaces `acme` and `other`. */
  claim(workspace?: string, name?: string): Promise<DomainRow>;
  /** One with everything published and looked at. */
  verified(workspace?: string): Promise<DomainRow>;
  read(row: DomainRow): Promise<DomainRow>;
  /** Publishes records of it, all when none is named, at these resolvers. */
  publish(row: DomainRow, purposes?: Purpose[], at?: DemoDns[]): Promise<void>;
  unpublish(row: DomainRow, purposes: Purpose[], at?: DemoDns[]): Promise<void>;
  /** A look with what follows, as the workflow does it. */
  look(row: DomainRow): Promise<Looked & { applied?: unknown; told?: unknown; left?: unknown }>;
  step<Name extends keyof DomainActivities>(name: Name, row: DomainRow): ReturnType<DomainActivities[Name]>;
  addEmail(address: string, workspace?: string, change?: Partial<WorkspaceEmailRow>): Promise<string>;
  flags(id: string): Promise<{ can_receive: boolean; can_send: boolean }>;
  /** Subjects of the mails that an owner of `acme` (olga) or `other` (otto) was sent, oldest first. */
  mailTo(owner: string): string[];
  /** Names of the domains that are at the provider, and of those that it routes here. */
  atProvider(): Promise<{ domains: string[]; routes: string[] }>;
  close(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const models = await freshModels();
  const root = await mkdtemp(path.join(os.tmpdir(), 'domains-'));
  const dns: Rig['dns'] = [
    await startDns({ port: 0 }),
    await startDns({ port: 0 }),
    await startDns({ port: 0 }),
  ];
  const resolver = createDns(dns.map(({ address }) => address));
  const sandbox = await startLocalMailgun({
    port: 0,
    webhookUrl: 'http://127.0.0.1:9',
    signingKey: 'key',
    apiKey: API_KEY,
    stepMs: 0,
    verifiesPerMinute: null,
    takenDomains: ['taken.test'],
    resolve: async (type, name) => (await resolver.lookUp(type, name)).agreed,
  });
  const mailgun = {
    apiKey: API_KEY,
    signingKey: 'key',
    url: sandbox.url,
    signatureHours: 12,
    timeoutMs: 20_000,
  };
  const config = { mailgun, publicUrl: 'http://127.0.0.1:9', platformDomain: 'postroom.test' };
  const woken: string[] = [];
  let passed = 0;
  const deps = {
    models,
    dns: resolver,
    setUp: createSetUp(config),
    outbound: createOutbound(config),
    storage: await createStorage({ url: `file:${root}`, s3Endpoint: null }),
    domains: { graceMs: GRACE_MS },
    platformDomain: config.platformDomain,
    publicUrl: config.publicUrl,
    wake: async (id: string) => void woken.push(id),
    now: () => new Date(Date.now() + passed),
    log: pino({ level: process.env.SHOW_LOGS ? 'info' : 'silent' }),
  } as Partial<Deps> as Deps;
  const steps = createDomainActivities(deps);
  await seedPeople(models);
  const run = ({ _id, run: number }: DomainRow) => ({ id: _id, run: number });

  const rig: Rig = {
    models,
    deps,
    steps,
    dns,
    sandbox,
    woken,
    pass: (ms) => void (passed += ms),
    async claim(workspace = 'acme', name = NAME) {
      const row = await claimDomain(models, workspace, name);
      return firstRecords(deps, row!);
    },
    async verified(workspace) {
      const row = await rig.claim(workspace);
      await rig.publish(row);
      await rig.look(row);
      return rig.read(row);
    },
    read: ({ _id }) => models.Domain.findById(_id).orFail().lean<DomainRow>(),
    async publish(row, purposes, at = dns) {
      const { records } = await rig.read(row);
      for (const server of at) await put(server, records, purposes);
    },
    async unpublish(row, purposes, at = dns) {
      const { records } = await rig.read(row);
      for (const { name, type, value } of of(records, purposes))
        for (const server of at) await server.set(name, type, valuesAt(server, name, type, value));
    },
    async look(row) {
      const seen = await rig.step('lookAtDomain', row);
      if (seen.verdict === 'over') {
        const left = await rig.step('leaveDomain', row);
        return { ...seen, left, told: await rig.step('tellOwners', row) };
      }
      return {
        ...seen,
        ...(seen.apply && { applied: await rig.step('applyDomain', row) }),
        ...(seen.tell && { told: await rig.step('tellOwners', row) }),
      };
    },
    step: (name, row) =>
      activityEnvironment().run(steps[name] as never, run(row)) as ReturnType<DomainActivities[typeof name]>,
    async addEmail(address, workspace = 'acme', change = {}) {
      const off = { can_receive: false, can_send: false };
      return (await addWorkspaceEmail(models, workspace, address, { kind: 'domain', ...off, ...change }))._id;
    },
    async flags(id) {
      const { can_receive, can_send } = await models.WorkspaceEmail.findById(id)
        .orFail()
        .lean<WorkspaceEmailRow>();
      return { can_receive, can_send };
    },
    mailTo: (owner) =>
      sandbox.sends
        .filter(({ recipients }) => recipients.includes(`${owner}@people.test`))
        .map(({ subject }) => subject ?? ''),
    async atProvider() {
      const headers = { authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` };
      const get = async (of: string) => {
        const answer = await fetch(`${sandbox.url}${of}`, { headers });
        return ((await answer.json()) as { items: { name: string; expression: string }[] }).items;
      };
      const routes = await get('/v3/routes');
      const name = (expression: string) =>
        /@((?:[\w-]|\\?\.)+)/.exec(expression)?.[1]?.replaceAll('\\', '') ?? expression;
      return {
        domains: (await get('/v4/domains')).map((domain) => domain.name).sort(),
        routes: routes.map(({ expression }) => name(expression)).sort(),
      };
    },
    async close() {
      await sandbox.close();
      await Promise.all(dns.map((server) => server.close()));
      await models.connection.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  return rig;
}

const of = (records: DomainRecord[], purposes?: Purpose[]) =>
  records.filter(({ purpose }) => !purposes || purposes.includes(purpose));

const withPriority = ({ type, value, priority }: DomainRecord) =>
  type === 'MX' ? `${priority} ${value}` : value;

/** Beside what stands there already. */
async function put(server: DemoDns, records: DomainRecord[], purposes?: Purpose[]): Promise<void> {
  for (const record of of(records, purposes)) {
    const { name, type, value } = record;
    await server.set(name, type, [...valuesAt(server, name, type, value), withPriority(record)]);
  }
}

/** What stands at a name, less one value. */
const valuesAt = (server: DemoDns, name: string, type: string, less: string): string[] =>
  server.records
    .filter((record) => record.name === name && record.type === type && record.value !== less)
    .map(({ value, priority }) => (type === 'MX' ? `${priority} ${value}` : value));

async function seedPeople(models: Models): Promise<void> {
  const people = [
    { user: 'olga', workspace: 'acme', role: 'owner' },
    { user: 'dana', workspace: 'acme', role: 'member' },
    { user: 'otto', workspace: 'other', role: 'owner' },
  ] as const;
  for (const _id of ['acme', 'other'])
    await models.Workspace.create({ _id, name: _id, created_at: new Date() });
  for (const { user, workspace, role } of people) {
    await models.User.create({ _id: user, email: `${user}@people.test`, name: user, created_at: new Date() });
    await models.Member.create({ _id: newId(), workspace_id: workspace, user_id: user, role });
  }
}
