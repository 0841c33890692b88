import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import type { Deps } from '../../activities/deps.ts';
import { skipEmail } from '../../activities/inbound/skipEmail.ts';
import { payloadKey } from '../../src/infra/archive/keys.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { Models } from '../../src/infra/models/index.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { newId } from '../../src/lib/ids.ts';
import { deleteOriginals } from '../../src/sweeps/deleteOriginals.ts';
import { storeMail } from '../support/house.ts';
import { freshModels } from '../support/mongodb.ts';

let root: string;
let storage: Storage;
let models: Models;
const openRuns = new Set<string>();
const client = {
  workflow: {
    getHandle: (id: string) => ({
      describe: async () => ({ status: { name: openRuns.has(id) ? 'RUNNING' : 'COMPLETED' } }),
    }),
  },
} as unknown as Client;
beforeEach(async () => {
  models = await freshModels();
  root = await mkdtemp(path.join(os.tmpdir(), 'postroom-originals-'));
  storage = await createStorage({ url: `file:${root}`, s3Endpoint: null });
});
afterEach(async () => {
  await models.connection.close();
  await rm(root, { recursive: true });
});

const sweep = () => deleteOriginals({ models, storage, client }, 0);
const rowOf = (id: string) => models.InboundEmail.findById(id).orFail().lean();

/** A post with an object beside it and a file from the provider, and the rows of its recipients. */
async function post(recipients = 1) {
  const postId = newId();
  const key = payloadKey('mailgun', postId);
  const mails = [];
  for (let n = 0; n < recipients; n += 1) {
    const { _id } = await storeMail(models, {
      files: [{ filename: 'a', contentType: 'b', size: 1, contentId: null, source: { url: 'http://x' } }],
    });
    await models.InboundEmail.updateOne({ _id }, { $set: { key } });
    mails.push({ id: _id, key, run: 1 });
  }
  const payload: StoredPost = {
    id: postId,
    provider: 'mailgun',
    received_at: new Date().toISOString(),
    content_type: 'x',
    fields: [],
    files: [],
    mime: { object: key.replace(/json$/, 'eml'), size: 3 },
    deliveries: mails.map(({ id }) => ({ recipient: 'a@b.test', inbound_id: id })),
    content_hash: 'h',
    token_hash: null,
    refused: null,
  };
  await storage.put(key.replace(/json$/, 'eml'), 'raw');
  await storage.put(key.replace(/json$/, 'remote-0'), 'x');
  await storage.put(key, JSON.stringify(payload));
  return mails;
}
const skip = (mail: { id: string; key: string; run: number }) =>
  skipEmail({ models, storage } as Deps, mail, 'unknown recipient');

async function leftIn(folder: 'incoming' | 'skipped'): Promise<number> {
  let count = 0;
  for await (const key of storage.list(`mailgun-${folder}/`)) count += Number(key !== '');
  return count;
}

test('skipped mail is moved: when its run has closed, the original is deleted with all that is beside it', async () => {
  const [mail] = await post();
  await skip(mail!);
  openRuns.add(inboundWorkflowId(mail!.id, 1));
  expect([await sweep(), await leftIn('incoming'), await leftIn('skipped')]).toEqual([0, 3, 3]);
  openRuns.clear();
  expect([await sweep(), await leftIn('incoming'), await leftIn('skipped')]).toEqual([1, 0, 3]);
  const { key, original_left } = await rowOf(mail!.id);
  expect([key, original_left]).toEqual([mail!.key.replace('incoming', 'skipped'), undefined]);
  const { mime } = JSON.parse((await storage.readAll(key)).toString()) as StoredPost;
  expect((await storage.readAll(mime!.object)).toString()).toBe('raw');
  // A step that was given up runs once more.
  await skip({ ...mail!, key });
  expect([await sweep(), await leftIn('skipped')]).toEqual([0, 3]);
});

test('a post to several recipients is deleted when none of them needs it, and all have rows', async () => {
  const [first, second] = await post(2);
  const { _id, ...row } = await rowOf(second!.id);
  await models.InboundEmail.deleteOne({ _id });
  await skip(first!);
  // The second may not have been started yet: the comparison of the archive finds it there.
  expect([await sweep(), await leftIn('incoming')]).toEqual([0, 3]);
  await models.InboundEmail.create({ ...row, _id });
  expect([await sweep(), await leftIn('incoming')]).toEqual([0, 3]);
  await skip(second!);
  expect([await sweep(), await leftIn('incoming')]).toEqual([1, 0]);
});

test('without its copy the original stays', async () => {
  const [mail] = await post();
  await skip(mail!);
  await storage.delete((await rowOf(mail!.id)).key);
  expect([await sweep(), await leftIn('incoming')]).toEqual([0, 3]);
});
