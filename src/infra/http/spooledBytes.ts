import { createHash, hash, randomUUID, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Storage } from '../storage/storage.ts';

/**
 * Bytes of a post that is not proved yet: in memory up to a limit, and above it in a file of the store's
 * spool.
 */
export class SpooledBytes {
  readonly #spoolDir: string;
  readonly #limit: number;
  #size = 0;
  #chunks: Buffer[] = [];
  #spooled: { file: string; handle: FileHandle; hash: Hash } | null = null;

  /** @param limit number of bytes that may be held in memory */
  constructor(spoolDir: string, limit: number) {
    this.#spoolDir = spoolDir;
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Buffer): Promise<void> | void {
    this.#size += bytes.length;
    if (this.#spooled) return this.#append(bytes);
    this.#chunks.push(bytes);
    if (this.#size > this.#limit) return this.spool();
  }

  get isSpooled(): boolean {
    return this.#spooled !== null;
  }

  /** All bytes, or null when they are in the spool. */
  inMemory(): Buffer | null {
    if (this.#spooled) return null;
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  /** Ends the writing. */
  close(): Promise<void> | void {
    return this.#spooled?.handle.close();
  }

  /** SHA-256 of all bytes, hex. May be called once. */
  sha256(): string {
    return this.#spooled ? this.#spooled.hash.digest('hex') : hash('sha256', this.inMemory()!, 'hex');
  }

  /** Moves what is in memory to the spool. */
  async spool(): Promise<void> {
    if (this.#spooled) return;
    const file = path.join(this.#spoolDir, randomUUID());
    this.#spooled = { file, handle: await open(file, 'wx'), hash: createHash('sha256') };
    for (const bytes of this.#chunks) await this.#append(bytes);
    this.#chunks = [];
  }

  /** Stores the bytes as an object. @param mark as in `Storage.adopt` */
  async place(storage: Storage, key: string, mark?: string): Promise<void> {
    if (!this.#spooled) return storage.put(key, this.inMemory()!, mark);
    await storage.adopt(this.#spooled.file, key, mark);
  }

  /** Leaves nothing in the spool. */
  async discard(): Promise<void> {
    if (!this.#spooled) return;
    await this.#spooled.handle.close();
    await rm(this.#spooled.file, { force: true });
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#spooled!.hash.update(bytes);
    await this.#spooled!.handle.writeFile(bytes);
  }
}
