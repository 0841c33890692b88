import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DamagedObject } from '../../../src/infra/storage/checkedBytes.ts';
import { createS3Storage } from '../../../src/infra/storage/s3Storage.ts';
import { NotStoredError, type Storage } from '../../../src/infra/storage/storage.ts';
import { s3 } from '../../support/s3.ts';
import { startS3Proxy, type S3Fault, type S3Proxy } from '../../support/s3Proxy.ts';

const BUCKET = `t-${randomBytes(6).toString('hex')}`;
const BYTES = randomBytes(300_000);

let client: S3Client;
let proxy: S3Proxy;
let storage: Storage;
beforeAll(async () => {
  const { endpoint, ...credentials } = s3;
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  proxy = await startS3Proxy(endpoint);
  storage = await createS3Storage(BUCKET, 'prefix', proxy.url);
});
beforeEach(() => {
  proxy.faults = [];
  proxy.met = [];
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  client.destroy();
});

const put = {
  'from memory': (key: string) => storage.put(key, BYTES),
  'from a file': async (key: string) => {
    const file = path.join(storage.spoolDir, `test-${randomBytes(6).toString('hex')}`);
    await writeFile(file, BYTES);
    await storage.adopt(file, key);
  },
};
const HOWS = ['from memory', 'from a file'] as const;

const PASSING: S3Fault[] = [
  { method: 'PUT', kind: 'refused', status: 503, code: 'SlowDown', times: 2 },
  { method: 'PUT', kind: 'refused', status: 429, code: 'SlowDown', times: 1 },
  { method: 'PUT', kind: 'refused', status: 400, code: 'BadDigest', times: 1 },
  { method: 'PUT', kind: 'lost', times: 2 },
  { method: 'PUT', kind: 'late', ms: 300, times: 1 },
  // Its size and its MD5 are right when it is looked at.
  { method: 'PUT', kind: 'other ETag', times: 1 },
];
test.each(HOWS.flatMap((how) => PASSING.map((fault) => [how, fault.kind, fault] as const)))(
  'a put %s that meets a passing fault (%s): the object is stored',
  async (how, kind, fault) => {
    proxy.faults = [{ ...fault }];
    const key = `passing/${randomBytes(4).toString('hex')}`;
    await put[how](key);
    expect(proxy.met.length).toBe(fault.times);
    expect((await storage.readAll(key)).equals(BYTES)).toBe(true);
    expect(proxy.met.at(-1)?.kind).toBe(kind);
  },
);

const LASTING: S3Fault[] = [
  { method: 'PUT', kind: 'refused', status: 503, code: 'SlowDown' },
  { method: 'PUT', kind: 'refused', status: 403, code: 'AccessDenied' },
  { method: 'PUT', kind: 'lost' },
];
test.each(HOWS.flatMap((how) => LASTING.map((fault) => [how, fault] as const)))(
  'a put %s that meets a lasting fault rejects, in the end',
  async (how, fault) => {
    proxy.faults = [fault];
    await expect(put[how]('lasting/object')).rejects.toThrow();
    expect(proxy.met.length).toBeLessThanOrEqual(3);
  },
);

test.each(HOWS)(
  'a put %s of which the server keeps other bytes is done again; if it goes on, it rejects',
  async (how) => {
    const isCut = [
      { method: 'PUT', kind: 'other ETag' },
      { method: 'HEAD', kind: 'shorter' },
    ] as const satisfies S3Fault[];
    proxy.faults = isCut.map((fault) => ({ ...fault, times: 1 }));
    await put[how]('cut/once');
    expect((await storage.readAll('cut/once')).equals(BYTES)).toBe(true);
    proxy.faults = [...isCut];
    await expect(put[how]('cut/always')).rejects.toThrow(DamagedObject);
  },
);

test('a server that falls silent is given up', async () => {
  const impatient = await createS3Storage(BUCKET, 'prefix', proxy.url, { silentMs: 200 });
  proxy.faults = [
    { method: 'PUT', kind: 'late', ms: 3_600_000 },
    { method: 'GET', kind: 'late', ms: 3_600_000 },
  ];
  await expect(impatient.put('silent/object', BYTES)).rejects.toThrow();
  await expect(impatient.readAll('silent/object')).rejects.toThrow();
});

test.each(['broken off', 'shorter', 'other bytes'] as const)(
  'an answer to a read that is wrong (%s) is an error, never taken for the object',
  async (kind) => {
    await storage.put('read/object', BYTES);
    const wrong = (times: number) => (proxy.faults = [{ method: 'GET', path: 'read/object', kind, times }]);
    wrong(1);
    await expect(storage.readAll('read/object')).rejects.toThrow();
    wrong(1);
    const use = () => Promise.reject(new Error('it was used'));
    await expect(storage.withFile('read/object', use)).rejects.not.toThrow('it was used');
    wrong(0);
    expect((await storage.readAll('read/object')).equals(BYTES)).toBe(true);
  },
);

test('a copy is checked like its original', async () => {
  await storage.put('copied/from', BYTES);
  await storage.copy('copied/from', 'copied/to');
  proxy.faults = [{ method: 'GET', path: 'copied/to', kind: 'other bytes', times: 1 }];
  await expect(storage.readAll('copied/to')).rejects.toThrow(DamagedObject);
  expect((await storage.readAll('copied/to')).equals(BYTES)).toBe(true);
});

test('an object that somebody else put there is read', async () => {
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'prefix/foreign', Body: BYTES }));
  expect((await storage.readAll('foreign')).equals(BYTES)).toBe(true);
});

test('an object that it does not show yet is one that is not stored', async () => {
  await storage.put('behind/object', BYTES);
  proxy.faults = [{ method: 'GET', kind: 'refused', status: 404, code: 'NoSuchKey', times: 1 }];
  await expect(storage.readAll('behind/object')).rejects.toThrow(NotStoredError);
  expect(storage.behindMs).toBeGreaterThan(0);
});
