import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ifStored, type Storage } from '../storage/storage.ts';
import { hashFile, writeHashed, type Hashed } from './hashedFile.ts';
import { archiveFile, archiveList, BackupError } from './manifest.ts';

interface Listed extends Hashed {
  key: string;
}

/** Marks of posts: a restore finds by itself what is not processed. And what the health check writes. */
const isNoContent = (key: string): boolean => key === 'health' || /^[^/]+\/unstarted\//.test(key);

/**
 * Copies every object of the store, streaming, and writes a list of them. An object that an earlier attempt has
 * copied is not read again; one that is deleted meanwhile is left out.
 */
export async function saveArchive(storage: Storage, folder: string): Promise<Hashed & { count: number }> {
  let count = 0;
  async function* list(): AsyncGenerator<string> {
    for await (const key of storage.list('')) {
      if (isNoContent(key)) continue;
      const copied = await ifStored(saveObject(storage, key, archiveFile(folder, key)), null);
      if (!copied) continue;
      count += 1;
      yield `${JSON.stringify({ key, ...copied } satisfies Listed)}\n`;
    }
  }
  const written = await writeHashed(archiveList(folder), list());
  return { count, ...written };
}

/** @throws NotStoredError */
async function saveObject(storage: Storage, key: string, file: string): Promise<Hashed> {
  const existing = await stat(file).catch(() => null);
  if (existing?.size === (await storage.size(key))) return hashFile(file);
  return writeHashed(file, await storage.read(key));
}

/**
 * Puts back the objects that the store lacks. What is in the store and not in the backup stays: it is mail that
 * came since. @returns how many it put back
 * @throws BackupError when a file is missing or damaged
 */
export async function loadArchive(storage: Storage, folder: string): Promise<number> {
  let restored = 0;
  for await (const line of createInterface({ input: createReadStream(archiveList(folder)) })) {
    const { key, size, sha256 } = JSON.parse(line) as Listed;
    if ((await storage.size(key)) === size) continue;
    const file = archiveFile(folder, key);
    const spooled = path.join(storage.spoolDir, randomUUID());
    try {
      const copied = (await isFile(file)) ? await writeHashed(spooled, createReadStream(file)) : null;
      if (copied?.sha256 !== sha256)
        throw new BackupError(`${file} is missing or damaged: its hash is not the one in the list.`);
      await storage.adopt(spooled, key);
    } finally {
      await rm(spooled, { force: true });
    }
    restored += 1;
  }
  return restored;
}

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
