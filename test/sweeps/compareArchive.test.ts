import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import type { InboundEmailRow, Models } from '../../src/infra/models/index.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { createTemporalClient } from '../../src/infra/temporal/client.ts';
import { hashOf, newId } from '../../src/lib/ids.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { runState } from '../../src/infra/temporal/runs.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import { compareArchive } from '../../src/sweeps/compareArchive.ts';
import { markKey, payloadKey, skippedKey } from '../../src/infra/archive/keys.ts';
import { built } from '../support/built.ts';
import { freshDatabaseUri, freshModels } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { silent } from '../ingress/rig.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';

let root: string;
let storage: Storage;
let models: Models;
let client: Client;
const uri = freshDatabaseUri();
let namespace: string;
beforeAll(async () => {
  models = await freshModels(uri);
  namespace = await freshNamespace();
  client = createTemporalClient({ address: temporalAddress(), namespace });
});
afterAll(() => Promise.all([models.connection.close(), client.connection.close()]));
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'postroom-compare-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
  await models.ArchivePosition.deleteMany({});
});
afterEach(() => rm(root, { recursive: true, force: true }));

const compare = (
  change: Partial<Parameters<typeof compareArchive>[0]> = {},
  since?: Date,
): Promise<number> => {
  const starts = createWorkflowStarts(client);
  const providers = ['mailgun', 'mime'];
  return compareArchive({ providers, storage, models, client, starts, log: silent, ...change }, since);
};

/** The store, which notes the payloads that are read. */
function noting(read: string[]): Storage {
  return new Proxy(storage, {
    get: (target, name) =>
      name === 'readAll'
        ? (key: string) => (read.push(key), target.readAll(key))
        : (Reflect.get(target, name) as () => unknown).bind(target),
  });
}

/** A payload in the archive, whose mark was removed. */
async function archived({
  ageMs = MINUTE_MS,
  provider = 'mailgun',
  id = hashOf(randomBytes(8).toString('hex')),
  mark = false,
} = {}) {
  const postId = newId(Date.now() - ageMs);
  const key = payloadKey(provider, postId);
  const deliveries = [{ recipient: 'a@b.test', inbound_id: id }];
  await storage.put(
    key,
    JSON.stringify({ id: postId, deliveries }),
    mark ? markKey(provider, postId) : undefined,
  );
  return { id, key };
}
const start = (mail: { id: string; key: string }, run = 1) =>
  createWorkflowStarts(client).inboundEmail({ ...mail, run });
const end = (id: string, run = 1) => client.workflow.getHandle(inboundWorkflowId(id, run)).terminate();
const stateOf = async (id: string, run = 1): Promise<string> =>
  (await runState(client, inboundWorkflowId(id, run))).state;
const addRow = ({ id: _id, key }: { id: string; key: string }) =>
  models.InboundEmail.create({
    _id,
    provider: 'mailgun',
    recipient: 'x',
    key,
    state: 'received',
    run: 1,
  } as InboundEmailRow);

test('a mail with a row is not started, whatever state its run is in', async () => {
  const mails = [await archived(), await archived(), await archived()];
  for (const mail of mails) await addRow(mail);
  await start(mails[1]!);
  await start(mails[2]!);
  await end(mails[2]!.id);
  expect(await compare()).toBe(0);
  expect(await Promise.all(mails.map((mail) => stateOf(mail.id)))).toEqual(['unknown', 'open', 'closed']);
  expect(await stateOf(mails[2]!.id, 2)).toBe('unknown');
});

test('a mail whose run is open is not started', async () => {
  const mail = await archived();
  await start(mail);
  expect(await compare()).toBe(0);
  expect(await stateOf(mail.id, 2)).toBe('unknown');
});

test('a mail that Temporal does not know is started, of every provider, up to two days old', async () => {
  const mails = [
    await archived(),
    await archived({ provider: 'mime', ageMs: 25 * HOUR_MS }),
    await archived({ ageMs: 47.9 * HOUR_MS }),
  ];
  const tooOld = await archived({ ageMs: 48.1 * HOUR_MS });
  expect(await compare()).toBe(3);
  for (const { id, key } of mails) {
    const { status } = await client.workflow.getHandle(inboundWorkflowId(id, 1)).describe();
    expect([id, status.name]).toEqual([id, 'RUNNING']);
    expect(key).toContain('-incoming/');
  }
  expect(await stateOf(tooOld.id)).toBe('unknown');
  expect(await compare()).toBe(0);
});

test('a run that closed without a row is started again, under the next free number', async () => {
  const mail = await archived();
  await start(mail);
  await end(mail.id);
  expect(await compare()).toBe(1);
  expect(await stateOf(mail.id, 2)).toBe('open');
  expect(await compare()).toBe(0);
  await end(mail.id, 2);
  expect(await compare()).toBe(1);
  expect(await stateOf(mail.id, 3)).toBe('open');
});

test('a run that wrote its row and closed meanwhile is not started again', async () => {
  const mail = await archived();
  await start(mail);
  const late = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'workflow') return Reflect.get(target, name) as unknown;
      return {
        getHandle: (id: string) => ({
          describe: () => finish().then(() => target.workflow.getHandle(id).describe()),
        }),
      };
    },
  });
  const finish = async (): Promise<void> => {
    if ((await stateOf(mail.id)) !== 'open') return;
    await addRow(mail);
    await end(mail.id);
  };
  expect(await compare({ client: late })).toBe(0);
  expect(await stateOf(mail.id, 2)).toBe('unknown');
});

test('a run that the starter starts at the same moment is the only one', async () => {
  const mail = await archived();
  const starts = createWorkflowStarts(client);
  const late: typeof starts.inboundEmail = async (run) => {
    await starts.inboundEmail(run);
    return starts.inboundEmail(run);
  };
  expect(await compare({ starts: { inboundEmail: late } })).toBe(0);
  expect([await stateOf(mail.id), await stateOf(mail.id, 2)]).toEqual(['open', 'unknown']);
});

test('a post that still has its mark is compared too: its run may have ended before the mark was removed', async () => {
  const marked = await archived({ mark: true });
  await start(marked);
  await end(marked.id);
  expect(await compare()).toBe(1);
  expect(await stateOf(marked.id, 2)).toBe('open');
});

test('payloads that were compared, and have rows, are not read again; the last hour is', async () => {
  const old = await archived({ ageMs: 26 * HOUR_MS });
  const recent = await archived({ ageMs: 30 * MINUTE_MS });
  for (const mail of [old, recent]) await addRow(mail);
  expect(await compare()).toBe(0);
  const read: string[] = [];
  expect(await compare({ storage: noting(read) })).toBe(0);
  expect(read).toEqual([recent.key]);
  const all: string[] = [];
  await compare({ storage: noting(all) }, new Date(Date.now() - 3 * DAY_MS));
  expect(all.sort()).toEqual([old.key, recent.key].sort());
});

test('a run that is ended before its row exists is found, however long after', async () => {
  const [before, mail, after] = [
    await archived({ ageMs: 40 * HOUR_MS }),
    await archived({ ageMs: 30 * HOUR_MS }),
    await archived({ ageMs: 20 * HOUR_MS }),
  ];
  for (const known of [before, after]) await addRow(known);
  await start(mail);
  expect(await compare()).toBe(0);
  await end(mail.id);
  const read: string[] = [];
  expect(await compare({ storage: noting(read) })).toBe(1);
  expect(read).toEqual([mail.key, after.key]);
  await addRow(mail);
  expect(await compare()).toBe(0);
  const left: string[] = [];
  expect(await compare({ storage: noting(left) })).toBe(0);
  expect(left).toEqual([]);
});

test('a position from a backup: everything that arrived since is compared', async () => {
  const mail = await archived({ ageMs: 5 * DAY_MS });
  expect(await compare()).toBe(0);
  await models.ArchivePosition.updateOne({}, { until: new Date(Date.now() - 6 * DAY_MS) });
  expect(await compare()).toBe(1);
  expect(await stateOf(mail.id)).toBe('open');
});

test('skipped mail whose row is lost is started from where it was moved to', async () => {
  const { id, key } = await archived();
  const moved = skippedKey(key);
  await storage.copy(key, moved);
  await storage.delete(key);
  const started: string[] = [];
  const inboundEmail = async (run: { key: string }) => (started.push(run.key), 'started' as const);
  expect(await compare({ starts: { inboundEmail } })).toBe(1);
  expect(started).toEqual([moved]);
  expect(await stateOf(id)).toBe('unknown');
});

test('objects of payloads, and other files, do not count as payloads', async () => {
  const mail = await archived();
  for (const name of ['field-1', 'eml', 'file-1']) await storage.put(mail.key.replace('json', name), 'x');
  for (const name of ['.DS_Store', 'notes.json'])
    await storage.put(path.join(path.dirname(mail.key), name), 'x');
  expect(await compare()).toBe(1);
});

test('repeats of a post are one mail; a broken payload does not stop the comparison of others', async () => {
  const first = await archived({ ageMs: 3 * MINUTE_MS });
  await archived({ id: first.id });
  await storage.put(payloadKey('mailgun', newId(Date.now() - MINUTE_MS)), '{"not": "ours"}');
  await storage.put(payloadKey('mailgun', newId(Date.now() - MINUTE_MS)), 'no JSON');
  const others = await Promise.all(Array.from({ length: 120 }, () => archived()));
  expect(await compare()).toBe(121);
  for (const { id } of [first, ...others]) expect(await stateOf(id)).toBe('open');
});

test('the command compares since a day, and says what it started', async () => {
  const mail = await archived({ ageMs: 5 * DAY_MS });
  const run = async (...args: string[]) => {
    const command = path.join(await built(), 'src/cli/compareArchive.js');
    const env = {
      PATH: process.env.PATH,
      MONGODB_URI: uri,
      TEMPORAL_ADDRESS: temporalAddress(),
      TEMPORAL_NAMESPACE: namespace,
      STORAGE_URL: `file:${root}`,
      LOG_LEVEL: 'silent',
    };
    return promisify(execFile)(process.execPath, [command, ...args], { env, cwd: root });
  };
  expect(await run()).toEqual({ stdout: 'Nothing to do: all mail in the archive is known.\n', stderr: '' });
  const since = new Date(Date.now() - 6 * DAY_MS).toISOString().slice(0, 10);
  expect(await run('--since', since)).toEqual({ stdout: '1 started.\n', stderr: '' });
  expect(await stateOf(mail.id)).toBe('open');
  await expect(run('--since', 'yesterday')).rejects.toMatchObject({ code: 1 });
});

test('it fails, to be repeated, when Temporal is away', async () => {
  await archived();
  const away = createTemporalClient({ address: '127.0.0.1:1', namespace: 'default' });
  await expect(compare({ client: away, starts: createWorkflowStarts(away) })).rejects.toThrow();
  await away.connection.close();
}, 120_000);
