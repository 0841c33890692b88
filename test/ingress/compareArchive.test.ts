import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import type { InboundEmailRow, Models } from '../../src/infra/models/index.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { createTemporalClient } from '../../src/infra/temporal/client.ts';
import { hashOf, newId } from '../../src/lib/ids.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { runState } from '../../src/infra/temporal/runs.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import { compareArchive } from '../../src/ingress/compareArchive.ts';
import { markKey, payloadKey } from '../../src/infra/archive/keys.ts';
import { freshModels } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { silent } from './rig.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';

let root: string;
let storage: Storage;
let models: Models;
let client: Client;
beforeAll(async () => {
  models = await freshModels();
  client = createTemporalClient({ address: temporalAddress(), namespace: await freshNamespace() });
});
afterAll(() => Promise.all([models.connection.close(), client.connection.close()]));
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'postroom-compare-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const compare = (change: Partial<Parameters<typeof compareArchive>[0]> = {}): Promise<number> =>
  compareArchive({
    providers: new Map([
      ['mailgun', null],
      ['mime', null],
    ]),
    storage,
    models,
    client,
    starts: createWorkflowStarts(client),
    log: silent,
    ...change,
  });

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

test('it fails, to be repeated, when Temporal is away', async () => {
  await archived();
  const away = createTemporalClient({ address: '127.0.0.1:1', namespace: 'default' });
  await expect(compare({ client: away, starts: createWorkflowStarts(away) })).rejects.toThrow();
  await away.connection.close();
}, 120_000);
