import { randomUUID } from 'node:crypto';
import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { DurableFolders } from './durableFolders.ts';
import { checkKey, checkPrefix, SPOOL, SPOOL_FOLDER } from './keys.ts';
import { openSpool } from './spool.ts';
import { ifStored, NotStoredError, type Storage } from './storage.ts';

/** A folder may be removed as often while a file gets its name in it. */
const TRIES_TO_ENTER = 5;

/**
 * Objects as files below a folder. Every write: a file in the spool, its fsync, a rename into place, fsync of
 * the folder.
 */
export async function createFileStorage(root: string): Promise<Storage> {
  await mkdir(root, { recursive: true });
  const spoolDir = path.join(root, SPOOL);
  await openSpool(spoolDir);
  return new FileStorage(root, spoolDir);
}

class FileStorage implements Storage {
  readonly spoolDir: string;
  readonly behindMs = 0;
  readonly #root: string;
  readonly #folders: DurableFolders;

  constructor(root: string, spoolDir: string) {
    this.#root = root;
    this.spoolDir = spoolDir;
    this.#folders = new DurableFolders(root, spoolDir);
  }

  async adopt(file: string, key: string, mark?: string): Promise<void> {
    await fsyncFile(file);
    await this.#place(file, key, mark);
  }

  async put(key: string, body: Buffer | string, mark?: string): Promise<void> {
    if (mark !== undefined) return this.#putMarked(key, body, mark);
    await this.#spooled(async (file) => {
      await writeFile(file, body, { flag: 'wx', flush: true });
      await this.#place(file, key);
    });
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#spooled(async (file) => {
      await this.#orNotStored(from, () => copyFile(this.#path(from), file));
      await this.adopt(file, to);
    });
  }

  async read(key: string): Promise<Readable> {
    const handle = await this.#orNotStored(key, () => open(this.#path(key), 'r'));
    return handle.createReadStream();
  }

  async readAll(key: string): Promise<Buffer> {
    return this.#orNotStored(key, () => readFile(this.#path(key)));
  }

  async withFile<T>(key: string, use: (file: string) => Promise<T>): Promise<T> {
    const file = this.#path(key);
    await this.#orNotStored(key, () => stat(file));
    return use(file);
  }

  async size(key: string): Promise<number | null> {
    const stats = await ifStored(
      this.#orNotStored(key, () => stat(this.#path(key))),
      null,
    );
    return stats?.size ?? null;
  }

  async delete(key: string, { keepFolder = false } = {}): Promise<void> {
    const file = this.#path(key);
    await ifStored(
      this.#orNotStored(key, () => rm(file)),
      undefined,
    );
    if (!keepFolder) await this.#removeEmpty(path.dirname(file));
  }

  list(prefix: string): AsyncIterable<string> {
    return this.#walk(checkPrefix(prefix));
  }

  async check(): Promise<void> {
    try {
      await this.#spooled(async (file) => {
        await writeFile(file, 'written by the health check');
        await rm(file);
      });
    } catch (error) {
      throw new Error(`the storage folder ${this.#root} cannot be written to (${codeOf(error)})`, {
        cause: error,
      });
    }
  }

  async *#walk(prefix: string): AsyncIterable<string> {
    const folder = path.join(this.#root, prefix);
    const entries = await ifStored(
      this.#orNotStored(prefix, () => readdir(folder, { withFileTypes: true })),
      [],
    );
    // A folder sorts with its slash, like the keys below it.
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    for (const name of names) {
      if (prefix + name === SPOOL_FOLDER) continue;
      if (name.endsWith('/')) yield* this.#walk(prefix + name);
      else yield prefix + name;
    }
  }

  /**
   * Writes the file under the name of its mark, and then links it to the name of the object. That creates one
   * file less, and needs no rename between folders, which file systems do one at a time. A crash leaves a
   * mark without its object.
   */
  async #putMarked(key: string, body: Buffer | string, mark: string): Promise<void> {
    const [target, marked] = [this.#path(key), this.#path(mark)];
    try {
      await this.#enter(marked, () =>
        replacing(marked, () => writeFile(marked, body, { flag: 'wx', flush: true })),
      );
      await this.#enter(target, () => this.#linkOver(marked, target));
    } catch (error) {
      await rm(marked, { force: true });
      throw error;
    }
    await this.#syncFoldersOf(target, marked);
  }

  /** Gives a durable file its names. */
  async #place(file: string, key: string, mark?: string): Promise<void> {
    const names = [key, ...(mark === undefined ? [] : [mark])].map((name) => this.#path(name));
    const [target, marked] = names as [string, string?];
    if (marked !== undefined) await this.#enter(marked, () => replacing(marked, () => link(file, marked)));
    await this.#enter(target, () => rename(file, target));
    await this.#syncFoldersOf(...names);
  }

  /**
   * Gives a file a further name. When the name exists, its readers see the old file or the new one, never
   * none.
   */
  async #linkOver(file: string, name: string): Promise<void> {
    try {
      await link(file, name);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      await this.#spooled(async (further) => {
        await link(file, further);
        await rename(further, name);
      });
    }
  }

  async #syncFoldersOf(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#folders.sync(path.dirname(name))));
  }

  /** Runs `place`, which gives a file its name in a folder; creates the folder when it is missing. */
  async #enter(target: string, place: () => Promise<void>): Promise<void> {
    const folder = path.dirname(target);
    for (let triesLeft = TRIES_TO_ENTER - 1; ; triesLeft -= 1) {
      try {
        await this.#folders.ensure(folder);
        return await place();
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || triesLeft === 0) throw error;
        // The folder was removed after it was created, because it was empty.
        this.#folders.forget(folder);
      }
    }
  }

  /** Removes the folder, and those above it, as far as they are empty. A write into one creates it again. */
  async #removeEmpty(emptied: string): Promise<void> {
    for (let folder = emptied; folder !== this.#root; folder = path.dirname(folder)) {
      try {
        await rmdir(folder);
      } catch (error) {
        // Nearly always ENOTEMPTY. Another process may have removed the folder, but not those above it.
        if (codeOf(error) !== 'ENOENT') return;
      }
      this.#folders.forget(folder);
    }
  }

  /** Passes `use` the name of a new file in the spool, and deletes the file when `use` fails. */
  async #spooled(use: (file: string) => Promise<void>): Promise<void> {
    const file = path.join(this.spoolDir, randomUUID());
    try {
      await use(file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  /**
   * Distinguishes a missing object from a store that is away (its disk is not mounted): then the spool is
   * missing too. The object is looked for again after the spool was seen, because the disk may have come back
   * in between.
   * @throws NotStoredError when the object is missing
   */
  async #orNotStored<T>(key: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    await stat(this.spoolDir);
    try {
      return await act();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new NotStoredError(key);
    }
  }

  #path(key: string): string {
    return path.join(this.#root, checkKey(key));
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Runs `make`, which creates a new name. An existing one is removed first: writing into it would change its
 * other links.
 */
async function replacing(name: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await rm(name, { force: true });
    await make();
  }
}

async function fsyncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
