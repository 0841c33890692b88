import { mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';

/** So many folders are remembered; one that was forgotten costs a few system calls more. */
const MAX_KNOWN = 1_000;

/**
 * Folders whose entries survive a power cut. The fsync of a file does not make its name durable: the folder
 * needs an fsync too, and so does the parent of each new folder.
 *
 * Callers share fsyncs: all that call while one runs wait together for the next one. (The running one may
 * have started before their entry was written.)
 */
export class DurableFolders {
  readonly #root: string;
  readonly #anchor: string;
  readonly #known = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, { running: Promise<void>; next: Promise<void> | null }>();

  /**
   * @param root an existing folder; only folders below it are created.
   * @param anchor a folder below the root that always exists. When it is missing, the disk is not mounted and
   * the root is only its mount point, so nothing is created in it.
   */
  constructor(root: string, anchor: string) {
    this.#root = root;
    this.#anchor = anchor;
  }

  /** Creates the folder and its parents durably. Resolves at once when that was done before. */
  ensure(folder: string): Promise<void> {
    let known = this.#known.get(folder);
    if (!known) {
      known = this.#create(folder);
      this.#known.set(folder, known);
      this.#forgetOldest();
      known.catch(() => this.forget(folder));
    }
    return known;
  }

  /** Call it when a folder that was created no longer exists. */
  forget(folder: string): void {
    for (let missing = folder; missing.length > this.#root.length; missing = path.dirname(missing))
      this.#known.delete(missing);
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Resolves when every entry that was in the folder at the time of the call is durable. */
  sync(folder: string): Promise<void> {
    const state = this.#syncs.get(folder);
    if (!state) return this.#run(folder);
    const run = (): Promise<void> => this.#run(folder);
    state.next ??= state.running.then(run, run);
    return state.next;
  }

  async #create(folder: string): Promise<void> {
    if (folder === this.#root) return;
    const parent = path.dirname(folder);
    if (parent === this.#root) await stat(this.#anchor);
    else await this.ensure(parent);
    await mkdir(folder).catch(unless('EEXIST'));
    // Even when the folder existed: the process that created it may have died before its fsync.
    await this.sync(parent);
  }

  #run(folder: string): Promise<void> {
    const state = { running: fsyncFolder(folder), next: null as Promise<void> | null };
    this.#syncs.set(folder, state);
    const cleanUp = (): void => {
      if (state.next === null) this.#syncs.delete(folder);
    };
    state.running.then(cleanUp, cleanUp);
    return state.running;
  }
}

async function fsyncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For `catch`: ignores system errors with this code, and no others. */
function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
