import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import mongoose from 'mongoose';
import { loadArchive, saveArchive } from '../../src/infra/backup/archive.ts';
import {
  dropAll,
  isEmpty,
  keptCollections,
  loadCollection,
  saveCollection,
} from '../../src/infra/backup/database.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';
import { s3 } from '../support/s3.ts';

const BUCKET = 'postroom-backup';
const root = await mkdtemp(path.join(os.tmpdir(), 'postroom-backup-'));
afterAll(() => rm(root, { recursive: true }));

async function openS3(): Promise<Storage> {
  const { endpoint, ...credentials } = s3;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  return createStorage({ url: `s3://${BUCKET}/house`, s3Endpoint: endpoint });
}
const openFiles = () => createStorage({ url: `file:${path.join(root, 'store')}`, s3Endpoint: null });

test.each([
  ['files', openFiles],
  ['S3', openS3],
])('the archive on %s: what is missing is put back, what is new stays', async (name, open) => {
  const storage = await open();
  const folder = path.join(root, `of-${name}`);
  const large = Buffer.alloc(3_000_000, 'x');
  await storage.put('mailgun-incoming/2026/11/30/a.json', '{}', 'mailgun-incoming/unstarted/a');
  await storage.put('w1/m1/plan', large);
  await storage.check();
  expect(await saveArchive(storage, folder)).toMatchObject({ count: 2 });
  await storage.put('w1/m1/later', 'later');
  // Started again after it was broken off.
  expect(await saveArchive(storage, folder)).toMatchObject({ count: 3 });

  await storage.delete('w1/m1/plan');
  await storage.delete('w1/m1/later');
  await storage.put('w1/m2/new', 'new');
  expect(await loadArchive(storage, folder)).toBe(2);
  expect((await storage.readAll('w1/m1/plan')).equals(large)).toBe(true);
  expect(await storage.size('w1/m2/new')).toBe(3);
  expect(await storage.size('mailgun-incoming/unstarted/a')).not.toBeNull();
  expect(await loadArchive(storage, folder)).toBe(0);

  await storage.delete('w1/m1/later');
  await writeFile(path.join(folder, 'archive/w1/m1/later'), 'LATER');
  await expect(loadArchive(storage, folder)).rejects.toThrow('later is missing or damaged');
  expect(await storage.size('w1/m1/later')).toBeNull();
});

test('rows keep their types; of two with one unique value one is left out', async () => {
  const connection = await mongoose.createConnection(freshDatabaseUri()).asPromise();
  const db = connection.db!;
  const { Int32, Double, Long } = mongoose.mongo;
  const row = {
    _id: 'a' as never,
    whole: new Int32(1),
    double: new Double(1),
    long: Long.fromString('9007199254740993'),
    at: new Date(),
    bytes: Buffer.from([0, 255]),
    nothing: null,
    list: [{ deep: { 'with.dot': true } }],
    email: 'ann@x.test',
  };
  await db.collection('rows').insertMany([row, { _id: 'b' as never, email: 'ann@x.test' }]);
  await db.collection('sessions').insertOne({ token: 'secret' });
  await db.collection('migrations').insertOne({ name: 'x' });
  await db.collection('workspaces').insertOne({ name: 'x' });
  const folder = path.join(root, 'rows');
  expect(await keptCollections(db)).toEqual(['rows', 'workspaces', 'migrations']);
  expect(await saveCollection(db, 'rows', folder)).toMatchObject({ count: 2 });
  const saved = await readFile(path.join(folder, 'database/rows.jsonl'), 'utf8');
  expect(saved.split('\n')).toHaveLength(3);

  expect(await isEmpty(db)).toBe(false);
  await dropAll(db);
  expect(await isEmpty(db)).toBe(true);
  await db.collection('rows').createIndex({ email: 1 }, { unique: true }, {});
  expect(await loadCollection(db, 'rows', folder)).toBe(1);
  await saveCollection(db, 'rows', path.join(root, 'again'));
  const again = await readFile(path.join(root, 'again/database/rows.jsonl'), 'utf8');
  expect(again).toBe(`${saved.split('\n')[0]}\n`);
  await connection.close();
});
