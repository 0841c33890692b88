import { mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Folders whose entries survive a power cut. A file's own fsync does not keep its name: the folder needs one too, and so
 * does each folder that was newly made, in its parent.
 *
 * Callers share fsyncs: while one runs, all who come wait together for the next. (One that already runs may have
 * started before their entry was written.)
 */
export class DurableFolders {
  readonly #root: string;
  readonly #anchor: string;
  readonly #known = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, { running: Promise<void>; next: Promise<void> | null }>();

  /**
   * @param root an existing folder; only folders below it are made.
   * @param anchor a folder below it that is always there: where it is not, the root is but the place where a disk belongs
   * that is not mounted, and nothing is made in it.
   */
  constructor(root: string, anchor: string) {
    this.#root = root;
    this.#anchor = anchor;
  }

  /** Makes the folder and its parents, durably; at once when that was done before. */
  ensure(folder: string): Promise<void> {
    let known = this.#known.get(folder);
    if (!known) {
      known = this.#make(folder);
      this.#known.set(folder, known);
      known.catch(() => this.forget(folder));
    }
    return known;
  }

  /** To be called when a folder that was made turns out to be gone. */
  forget(folder: string): void {
    for (let gone = folder; gone.length > this.#root.length; gone = path.dirname(gone))
      this.#known.delete(gone);
  }

  /** Resolves when every entry that was in the folder at the time of the call is durable. */
  sync(folder: string): Promise<void> {
    const state = this.#syncs.get(folder);
    if (!state) return this.#run(folder);
    const run = (): Promise<void> => this.#run(folder);
    state.next ??= state.running.then(run, run);
    return state.next;
  }

  async #make(folder: string): Promise<void> {
    if (folder === this.#root) return;
    const parent = path.dirname(folder);
    if (parent === this.#root) await stat(this.#anchor);
    else await this.ensure(parent);
    await mkdir(folder).catch(unless('EEXIST'));
    // Also when it was there: whoever made it may have died before this.
    await this.sync(parent);
  }

  #run(folder: string): Promise<void> {
    const state = { running: fsyncFolder(folder), next: null as Promise<void> | null };
    this.#syncs.set(folder, state);
    const done = (): void => {
      if (state.next === null) this.#syncs.delete(folder);
    };
    state.running.then(done, done);
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

/** For `catch`: swallows a system error with this code only. */
function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
