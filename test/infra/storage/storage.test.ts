import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createStorage } from '../../../src/infra/storage/createStorage.ts';
import { NotStoredError, type Storage } from '../../../src/infra/storage/storage.ts';
import { s3 } from '../../support/s3.ts';

const temp = await mkdtemp(path.join(tmpdir(), 'postroom-storage-'));
afterAll(() => rm(temp, { recursive: true, force: true }));

/** A new bucket in the S3 of this run of the tests. */
async function newBucket(): Promise<{ endpoint: string; bucket: string }> {
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  // The store finds its credentials where AWS's SDK looks for them.
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
  const bucket = `t-${randomBytes(6).toString('hex')}`;
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { endpoint, bucket };
}

const keysBelow = async (storage: Storage, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const key of storage.list(prefix)) keys.push(key);
  return keys;
};
const spooled = async (storage: Storage, bytes: Buffer): Promise<string> => {
  const file = path.join(storage.spoolDir, `test-${randomBytes(6).toString('hex')}`);
  await writeFile(file, bytes);
  return file;
};

describe.each(['file', 's3'])('a store on %s', (kind) => {
  let storage: Storage;
  beforeAll(async () => {
    if (kind === 'file') {
      storage = await createStorage({ url: `file:${path.join(temp, 'a b%20#c')}`, s3Endpoint: null });
    } else {
      const { endpoint, bucket } = await newBucket();
      storage = await createStorage({ url: `s3://${bucket}/some/prefix`, s3Endpoint: endpoint });
    }
  });

  /** The spool of an S3's store is in the system's temporary directory, and other test files use it too. */
  const expectEmptySpool = async (): Promise<void> => {
    if (kind === 'file') expect(await readdir(storage.spoolDir)).toEqual([]);
  };

  test('gives back the bytes that were put, adopted and copied', async () => {
    const big = randomBytes(6_000_000);
    const file = await spooled(storage, big);
    await storage.adopt(file, 'in/2026/01/02/big.eml');
    await storage.put('in/2026/01/02/small.json', 'Größe\0');
    await storage.copy('in/2026/01/02/big.eml', 'skipped/2026/big.eml');
    expect((await storage.readAll('in/2026/01/02/big.eml')).equals(big)).toBe(true);
    expect((await buffer(await storage.read('skipped/2026/big.eml'))).equals(big)).toBe(true);
    expect((await storage.readAll('in/2026/01/02/small.json')).toString()).toBe('Größe\0');
    expect(await storage.size('in/2026/01/02/small.json')).toBe(8);
    let read = '';
    await storage.withFile('in/2026/01/02/big.eml', async (local) => {
      read = local;
      expect((await readFile(local)).equals(big)).toBe(true);
    });
    const wereSpooled = [file, ...(kind === 's3' ? [read] : [])];
    for (const gone of wereSpooled) await expect(stat(gone)).rejects.toThrow('ENOENT');
    await expectEmptySpool();
    await storage.check();
  });

  test('replaces what is there', async () => {
    await storage.put('replaced', 'one');
    await storage.put('replaced', 'two');
    expect((await storage.readAll('replaced')).toString()).toBe('two');
    await storage.adopt(await spooled(storage, Buffer.from('three')), 'replaced');
    expect((await storage.readAll('replaced')).toString()).toBe('three');
  });

  test('replaces in one step: a reader finds the old or the new content', async () => {
    await storage.put('read/meanwhile', 'once');
    const replaced = Promise.all(
      Array.from({ length: 50 }, (_, n) => storage.put('read/meanwhile', 'once', `read/unstarted/${n}`)),
    );
    let isOver = false;
    const reading = async (): Promise<void> => {
      while (!isOver) expect((await storage.readAll('read/meanwhile')).toString()).toBe('once');
    };
    await Promise.all([replaced.finally(() => (isOver = true)), reading()]);
    expect(await keysBelow(storage, 'read/unstarted/')).toHaveLength(50);
    await expectEmptySpool();
  });

  test('marks come with their object, replace one of their name, and go alone', async () => {
    await storage.put('marked/object', 'payload', 'marked/unstarted/object');
    await storage.adopt(
      await spooled(storage, Buffer.from('again')),
      'marked/object',
      'marked/unstarted/object',
    );
    expect((await storage.readAll('marked/object')).toString()).toBe('again');
    await storage.put('marked/other', 'other', 'marked/unstarted/object');
    expect((await storage.readAll('marked/object')).toString()).toBe('again');
    expect(await keysBelow(storage, 'marked/unstarted/')).toEqual(['marked/unstarted/object']);
    await storage.delete('marked/unstarted/object');
    await storage.delete('marked/unstarted/object');
    expect(await keysBelow(storage, 'marked/')).toEqual(['marked/object', 'marked/other']);
  });

  test('lists in the order of names, folder by folder, nested ones and all, and nothing beside', async () => {
    const keys = ['l/b', 'l/a0', 'l/a/c/d', 'l/a/b', 'l2/x', 'l/a/c/-d', 'l/2026/12/x', 'l/2026/02/x'];
    for (const key of keys) await storage.put(key, key);
    const inOrder = ['l/2026/02/x', 'l/2026/12/x', 'l/a/b', 'l/a/c/-d', 'l/a/c/d', 'l/a0', 'l/b'];
    expect(await keysBelow(storage, 'l/')).toEqual(inOrder);
    expect(await keysBelow(storage, 'none/')).toEqual([]);
  });

  test('lists a name that goes on where a folder’s ends, before or after what is in the folder', async () => {
    for (const key of ['m/a/b', 'm/a-b', 'm/a.b']) await storage.put(key, key);
    // Some S3 stores compare whole keys, and others folder by folder: the code asks for no order of these.
    expect((await keysBelow(storage, 'm/')).toSorted()).toEqual(['m/a-b', 'm/a.b', 'm/a/b']);
  });

  test('says what is not there', async () => {
    expect(await storage.size('no/such')).toBeNull();
    await expect(storage.read('no/such')).rejects.toThrow(NotStoredError);
    await expect(storage.readAll('no/such')).rejects.toThrow(NotStoredError);
    await expect(storage.copy('no/such', 'no/other')).rejects.toThrow(NotStoredError);
    await expect(storage.withFile('no/such', async () => {})).rejects.toThrow(NotStoredError);
    await expectEmptySpool();
  });

  test.each(['../x', 'a/../../x', '/etc/x', 'a//b', 'a/./b', '', 'a\0b', 'a\\b', 'tmp/spool/x'])(
    'refuses the key %j',
    async (key) => {
      await expect(storage.put(key, 'x')).rejects.toThrow('not a storage key');
      await expect(storage.readAll(key)).rejects.toThrow('not a storage key');
    },
  );
});

describe('a store on files', () => {
  const open = (name: string): Promise<Storage> =>
    createStorage({ url: `file:${path.join(temp, name)}`, s3Endpoint: null });

  test('removes what dead processes left in its spool, and nothing younger than an hour', async () => {
    const { spoolDir } = await open('left-over');
    await writeFile(path.join(spoolDir, 'old'), '');
    await writeFile(path.join(spoolDir, 'young'), '');
    const hoursAgo = (n: number): Date => new Date(Date.now() - n * 60 * 60 * 1000);
    await utimes(path.join(spoolDir, 'old'), hoursAgo(1.1), hoursAgo(1.1));
    await utimes(path.join(spoolDir, 'young'), hoursAgo(0.9), hoursAgo(0.9));
    await open('left-over');
    expect(await readdir(spoolDir)).toEqual(['young']);
  });

  test('makes a folder anew that was tidied away', async () => {
    const storage = await open('tidied');
    await storage.put('in/day/a', 'a');
    await rm(path.join(temp, 'tidied', 'in'), { recursive: true });
    await storage.put('in/day/b', 'b');
    expect((await storage.readAll('in/day/b')).toString()).toBe('b');
  });

  test('removes the folders that a deletion empties, and no others', async () => {
    const storage = await open('emptied');
    for (const key of ['in/2026/11/01/a', 'in/2026/12/01/b', 'in/unstarted/c']) await storage.put(key, key);
    await storage.delete('in/2026/11/01/a');
    await storage.delete('in/2026/11/01/a');
    await storage.delete('in/unstarted/c', { keepFolder: true });
    expect((await readdir(path.join(temp, 'emptied', 'in'), { recursive: true })).sort()).toEqual(
      ['2026', '2026/12', '2026/12/01', '2026/12/01/b', 'unstarted'].map((name) => path.normalize(name)),
    );
    await storage.delete('in/2026/12/01/b');
    await storage.put('in/2026/12/01/b', 'again');
    expect((await storage.readAll('in/2026/12/01/b')).toString()).toBe('again');
  });

  test('takes writes into a folder that another process empties again and again', async () => {
    const [storage, other] = [await open('contended'), await open('contended')];
    for (let n = 0; n < 100; n += 1) {
      await other.put('in/day/other', 'x');
      await Promise.all([storage.put(`in/day/${n}`, 'x', `in/marks/${n}`), other.delete('in/day/other')]);
      await Promise.all([storage.delete(`in/day/${n}`), other.delete(`in/marks/${n}`)]);
    }
    expect(await keysBelow(storage, 'in/')).toEqual([]);
  });

  test('takes many writes into new folders at once', async () => {
    const storage = await open('many');
    const keys = Array.from({ length: 200 }, (_, n) => `in/${n % 7}/${n % 3}/${String(n).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => storage.put(key, key, `marks/${key}`)));
    expect(await keysBelow(storage, 'in/')).toEqual([...keys].sort());
    expect(await keysBelow(storage, 'marks/')).toHaveLength(200);
  });

  test('that is away is not one in which nothing is stored', async () => {
    const storage = await open('mounted');
    await storage.put('in/a', 'a');
    await rename(path.join(temp, 'mounted'), path.join(temp, 'unmounted'));
    await mkdir(path.join(temp, 'mounted'));
    const acts = [
      () => storage.readAll('in/a'),
      () => storage.size('in/a'),
      () => storage.copy('in/a', 'in/b'),
      () => storage.delete('in/a'),
      () => keysBelow(storage, 'in/'),
    ];
    for (const act of acts) {
      const error: unknown = await act().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'ENOENT' });
      expect(error).not.toBeInstanceOf(NotStoredError);
    }
    for (const mark of [undefined, 'in/unstarted/b', 'new/unstarted/b'])
      await expect(storage.put('in/b', 'b', mark)).rejects.toThrow('ENOENT');
    expect(await readdir(path.join(temp, 'mounted'))).toEqual([]);
    await rm(path.join(temp, 'mounted'), { recursive: true });
    await rename(path.join(temp, 'unmounted'), path.join(temp, 'mounted'));
    expect((await storage.readAll('in/a')).toString()).toBe('a');
  });

  test('an object is not taken for missing when its disk comes back in the middle of a read', async () => {
    const storage = await open('back');
    await storage.put('in/a', 'a');
    const [here, away] = [path.join(temp, 'back'), path.join(temp, 'back-away')];
    for (let times = 0; times < 300; times++) {
      await rename(here, away);
      const reads = Array.from({ length: 20 }, () =>
        storage.readAll('in/a').catch((reason: unknown) => reason),
      );
      await rename(away, here);
      for (const answer of await Promise.all(reads)) expect(answer).not.toBeInstanceOf(NotStoredError);
    }
  });

  test('check says that it cannot be written to', async () => {
    const storage = await open('gone');
    await rm(path.join(temp, 'gone'), { recursive: true });
    await writeFile(path.join(temp, 'gone'), 'now a file');
    await expect(storage.check()).rejects.toThrow(/cannot be written to \(ENOTDIR\)/);
    await expect(storage.put('a', 'a')).rejects.toThrow('ENOTDIR');
  });
});
