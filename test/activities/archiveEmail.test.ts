import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { createMailActivities } from '../../activities/index.ts';
import { hashToken } from '../../src/lib/tokens.ts';
import type { Archived } from '../../activities/inbound/archiveEmail.ts';
import type { InboundEmailRow, Models } from '../../src/infra/models/index.ts';
import { ParserBroke, Unreadable, type ParserPool } from '../../src/infra/parser/pool.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { newId } from '../../src/lib/ids.ts';
import { activityEnvironment } from '../support/activityEnvironment.ts';
import { freshModels } from '../support/mongodb.ts';
import { storeMail } from '../support/house.ts';

let models: Models;
let storage: Storage;
let root: string;
beforeEach(async () => {
  models = await freshModels();
  root = await mkdtemp(path.join(os.tmpdir(), 'archive-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
});
afterEach(async () => {
  await models.connection.close();
  await rm(root, { recursive: true });
});

const KEY = 'mailgun-incoming/2026/11/23/p1.json';

async function post(change: Partial<StoredPost> = {}): Promise<void> {
  const stored: StoredPost = {
    id: 'p1',
    provider: 'mailgun',
    received_at: '2026-11-23T10:00:00.000Z',
    content_type: 'application/x-www-form-urlencoded',
    fields: [],
    files: [],
    mime: null,
    deliveries: [{ recipient: 'support@acme.test', inbound_id: 'i1' }],
    content_hash: 'c1',
    token_hash: 't1',
    refused: null,
    ...change,
  };
  await storage.put(KEY, JSON.stringify(stored));
}

/** Runs the step with a parser that does this. */
async function archive(
  parser: Partial<ParserPool>,
  {
    local = false,
    run = 1,
    key = KEY,
    from = storage,
    signal,
  }: { local?: boolean; run?: number; key?: string; from?: Storage; signal?: AbortSignal } = {},
): Promise<Archived> {
  const steps = createMailActivities({
    models,
    storage: from,
    parser,
    providers: new Map(),
    log: pino({ level: 'silent' }),
  } as never);
  const env = activityEnvironment({ isLocal: local });
  signal?.addEventListener('abort', () => env.cancel());
  return env.run(steps.archiveEmail, { id: 'i1', key, run });
}

async function mailOf(subject: string) {
  const { mail } = await storeMail(models, { subject });
  if (!mail) throw new Error('no mail');
  return mail;
}

const row = () => models.InboundEmail.findById('i1').lean<InboundEmailRow>();

test('the row has the mail; running again, or concurrently with itself, changes nothing', async () => {
  await post();
  const token = `password_${'a'.repeat(32)}`;
  const mail = { ...(await mailOf('Hello')), text: `https://x.test/password#${token}` };
  const results = await Promise.all([1, 2, 3].map(() => archive({ digest: () => Promise.resolve(mail) })));
  expect(results).toEqual(Array(3).fill({ verdict: 'read', files: 0, remoteFiles: false }));
  expect(await row()).toMatchObject({
    state: 'received',
    run: 1,
    recipient: 'support@acme.test',
    mail: { subject: 'Hello', link_hashes: [hashToken(token)] },
  });
});

test('after later steps it changes nothing', async () => {
  await post();
  const digest = () => mailOf('Hello');
  await archive({ digest });
  await models.InboundEmail.updateOne({ _id: 'i1' }, { $set: { state: 'routed', message_ids: ['m1'] } });
  await archive({ digest });
  expect(await row()).toMatchObject({ state: 'routed', message_ids: ['m1'] });
});

test('a later run takes the row over; the earlier one is superseded', async () => {
  await post();
  const digest = () => mailOf('Hello');
  await archive({ digest });
  await models.InboundEmail.updateOne({ _id: 'i1' }, { $set: { state: 'failed', reason: 'x' } });
  await archive({ digest }, { run: 2 });
  expect(await row()).toMatchObject({ state: 'received', reason: null, run: 2 });
  await expect(archive({ digest })).rejects.toMatchObject({ type: 'Superseded' });
});

test.each([
  ['gone', () => Promise.resolve(), 'the stored payload is gone'],
  ['no JSON', () => storage.put(KEY, '{'), 'the stored payload is not one of ours'],
  ['another JSON', () => storage.put(KEY, '{}'), 'the stored payload is not one of ours'],
  [
    'without a recipient',
    () => post({ deliveries: [{ recipient: '', inbound_id: 'i1' }] }),
    'the post names no recipient',
  ],
])('a payload that is %s: failed, visible', async (_name, prepare, reason) => {
  await prepare();
  expect(await archive({})).toEqual({ verdict: 'failed', reason });
  expect(await row()).toMatchObject({ state: 'failed', reason, provider: 'mailgun' });
});

test('a payload that the store may not show yet is tried again; later it is gone', async () => {
  const behind = { behindMs: 60_000, readAll: (key: string) => storage.readAll(key) } as Storage;
  const keyOf = (at: number) => `mailgun-incoming/2026/11/23/${newId(at)}.json`;
  const archiveAt = (key: string) => archive({}, { key, from: behind });
  await expect(archiveAt(keyOf(Date.now() - 30_000))).rejects.toMatchObject({ type: 'TryAgain' });
  expect(await row()).toBeNull();
  expect(await archiveAt(keyOf(Date.now() - 90_000))).toMatchObject({ verdict: 'failed' });
});

test('a later run whose payload is gone fails, and keeps the recipient', async () => {
  await post();
  await archive({ digest: () => mailOf('Hello') });
  await storage.delete(KEY);
  expect(await archive({}, { run: 2 })).toEqual({ verdict: 'failed', reason: 'the stored payload is gone' });
  expect(await row()).toMatchObject({ state: 'failed', run: 2, recipient: 'support@acme.test' });
});

test('a payload that was moved to the skipped ones is read there: its row may come from a backup', async () => {
  await post();
  const moved = KEY.replace('incoming', 'skipped');
  await storage.copy(KEY, moved);
  await storage.delete(KEY);
  expect(await archive({ digest: () => mailOf('Hello') })).toMatchObject({ verdict: 'read' });
  expect(await row()).toMatchObject({ state: 'received', key: moved });
});

test('the same token with other content: a replayed signature', async () => {
  const digest = () => mailOf('Hello');
  await post();
  await archive({ digest });
  expect(await archive({ digest })).toMatchObject({ verdict: 'read' });
  await post({ content_hash: 'c2', deliveries: [{ recipient: 'b@acme.test', inbound_id: 'i1' }] });
  await models.InboundEmail.deleteOne({ _id: 'i1' });
  expect(await archive({ digest })).toEqual({ verdict: 'failed', reason: 'replayed signature' });
});

test('a refused post fails, for the operator to see', async () => {
  await post({ refused: 'not a form' });
  expect(await archive({})).toEqual({ verdict: 'refused', reason: 'not a form' });
});

test('a verdict of the parser is final; a fault of the system, and a cancelled try, are not', async () => {
  await post();
  expect(await archive({ digest: () => Promise.reject(new Unreadable('TypeError')) })).toEqual({
    verdict: 'failed',
    reason: 'unreadable: TypeError',
  });
  await models.InboundEmail.deleteOne({ _id: 'i1' });
  const noFiles = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  await expect(archive({ digest: () => Promise.reject(noFiles) })).rejects.toMatchObject({
    message: 'archiveEmail: Error EMFILE',
    nonRetryable: false,
  });
  const timeOut = new AbortController();
  const digest: ParserPool['digest'] = (_job, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      timeOut.abort();
    });
  await expect(archive({ digest }, { signal: timeOut.signal })).rejects.toThrow();
  expect(await row()).toBeNull();
});

test('of a mail that breaks the parser its headers and raw are kept, after one local try and two others', async () => {
  await storage.put('mailgun-incoming/2026/11/23/p1.eml', 'raw');
  await post({ mime: { object: 'mailgun-incoming/2026/11/23/p1.eml', size: 3 } });
  let tries = 0;
  const parser: Partial<ParserPool> = {
    digest: () => {
      tries += 1;
      return Promise.reject(new ParserBroke('time'));
    },
    salvage: () => mailOf('Only the subject'),
  };
  await expect(archive(parser, { local: true })).rejects.toMatchObject({
    type: 'TooHeavyForLocal',
    nonRetryable: true,
  });
  expect(tries).toBe(1);
  expect(await archive(parser)).toEqual({ verdict: 'read', files: 1, remoteFiles: false });
  expect(tries).toBe(3);
  expect((await row())?.mail).toMatchObject({
    subject: 'Only the subject',
    cut: ['everything but the headers'],
    files: [{ filename: 'original.eml', source: { object: 'mailgun-incoming/2026/11/23/p1.eml' } }],
  });
});

test('a large payload is not read by a local step', async () => {
  const object = 'mailgun-incoming/2026/11/23/p1.field-3';
  await post({ fields: [['body-html', { object, size: 10_000_000 }]] });
  await expect(archive({}, { local: true })).rejects.toMatchObject({ type: 'TooHeavyForLocal' });
});
