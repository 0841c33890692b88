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
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { DurableFolders } from './durableFolders.ts';
import { checkKey, checkPrefix, SPOOL } from './keys.ts';
import { openSpool } from './spool.ts';
import { NotStoredError, type Storage } from './storage.ts';

/** Objects as files below a folder. Every write is: a spooled file, fsync, rename into place, fsync of the folder. */
export async function createFileStorage(root: string): Promise<Storage> {
  await mkdir(root, { recursive: true });
  const spoolDir = path.join(root, SPOOL);
  await openSpool(spoolDir);
  return new FileStorage(root, spoolDir);
}

class FileStorage implements Storage {
  readonly spoolDir: string;
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
      await this.#found(from, copyFile(this.#path(from), file));
      await this.adopt(file, to);
    });
  }

  async read(key: string): Promise<Readable> {
    const handle = await this.#found(key, open(this.#path(key), 'r'));
    return handle.createReadStream();
  }

  async readAll(key: string): Promise<Buffer> {
    return this.#found(key, readFile(this.#path(key)));
  }

  async withFile<T>(key: string, use: (file: string) => Promise<T>): Promise<T> {
    const file = this.#path(key);
    await this.#found(key, stat(file));
    return use(file);
  }

  async size(key: string): Promise<number | null> {
    try {
      return (await this.#found(key, stat(this.#path(key)))).size;
    } catch (error) {
      if (error instanceof NotStoredError) return null;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
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
    let entries;
    try {
      entries = await readdir(path.join(this.#root, prefix), { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    // A folder sorts with its slash, as the keys below it do.
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    for (const name of names) {
      if (name.endsWith('/')) yield* this.#walk(prefix + name);
      else yield prefix + name;
    }
  }

  /**
   * Written under its mark's name, and then given the object's: a file fewer to make and no rename between folders, which
   * a file system does one at a time. What a crash leaves is a mark without its object.
   */
  async #putMarked(key: string, body: Buffer | string, mark: string): Promise<void> {
    const [target, marked] = [this.#path(key), this.#path(mark)];
    try {
      await this.#enter(marked, () =>
        anew(marked, () => writeFile(marked, body, { flag: 'wx', flush: true })),
      );
      await this.#enter(target, () => this.#linkOver(marked, target));
    } catch (error) {
      await rm(marked, { force: true });
      throw error;
    }
    await this.#syncFoldersOf(target, marked);
  }

  /** Gives a file that is durable its names. */
  async #place(file: string, key: string, mark?: string): Promise<void> {
    const names = [key, ...(mark === undefined ? [] : [mark])].map((name) => this.#path(name));
    const [target, marked] = names as [string, string?];
    if (marked !== undefined) await this.#enter(marked, () => anew(marked, () => link(file, marked)));
    await this.#enter(target, () => rename(file, target));
    await this.#syncFoldersOf(...names);
  }

  /** Gives a file a further name. Whoever reads a name that is there already finds the old file or the new one. */
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

  /** Runs `place`, which gives a file its name in a folder; makes the folder where there is none. */
  async #enter(target: string, place: () => Promise<void>): Promise<void> {
    const folder = path.dirname(target);
    await this.#folders.ensure(folder);
    try {
      await place();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // Somebody tidied the folder away since it was made.
      this.#folders.forget(folder);
      await this.#folders.ensure(folder);
      await place();
    }
  }

  /** Hands out the name of a new file in the spool; it is removed when `use` fails to move it away. */
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
   * Tells an object that is not there from a store that is away (its disk is not mounted): that one has no spool either, and
   * comes back. @throws NotStoredError
   */
  async #found<T>(key: string, result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await stat(this.spoolDir);
      throw new NotStoredError(key);
    }
  }

  #path(key: string): string {
    return path.join(this.#root, checkKey(key));
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Makes a name that must not be there yet; one that is goes first. (To write into it would change a hard link's other name.) */
async function anew(name: string, make: () => Promise<void>): Promise<void> {
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
