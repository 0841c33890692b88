import type { Readable } from 'node:stream';

/**
 * Archive and attachment store. Keys are slash-separated, made by us, never by a sender. A write has happened, and
 * survives a power cut, when its promise resolves.
 */
export interface Storage {
  /** Existing local folder for bytes that are not yet proved or not yet in place; on the store's own file system where that is one. */
  readonly spoolDir: string;
  /**
   * Moves a file from `spoolDir` into place (an S3 put where it is S3); the spooled file is gone afterwards. Replaces what
   * is there.
   * @param mark key of a mark that says that there is something to do with the object; it is there when the promise
   * resolves (a hard link on a file system), and never lasts without the object once it has resolved.
   */
  adopt(file: string, key: string, mark?: string): Promise<void>;
  /** Writes a small object held in memory. Replaces what is there. @param mark as in `adopt` */
  put(key: string, body: Buffer | string, mark?: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** @throws NotStoredError when there is no such object. */
  read(key: string): Promise<Readable>;
  /** Whole object; for small ones only. @throws NotStoredError */
  readAll(key: string): Promise<Buffer>;
  /** The object as a local file for as long as `use` runs (the file itself, or a spooled copy). @throws NotStoredError */
  withFile<T>(key: string, use: (file: string) => Promise<T>): Promise<T>;
  /** Size in bytes, or null when there is none. */
  size(key: string): Promise<number | null>;
  /** No error when it is not there. */
  delete(key: string): Promise<void>;
  /** Keys below a prefix that ends in a slash, in name order; not into the spool. */
  list(prefix: string): AsyncIterable<string>;
  /** Resolves when the store can be written to; rejects with a sentence that says why not. */
  check(): Promise<void>;
}

export class NotStoredError extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`nothing is stored at ${key}`);
    this.key = key;
  }
}
