import type { Readable } from 'node:stream';

/**
 * Store of the archive and of attachments. Keys have slashes, and are made by us, never by a sender. When the
 * promise of a write resolves, the write survives a power cut.
 */
export interface Storage {
  /**
   * Existing local folder for bytes that are not stored yet; on the file system of the store when it has one.
   */
  readonly spoolDir: string;
  /**
   * For how long after its write a reader may still find no object (ms); 0 = it is there at once. What is
   * missing for longer is gone.
   */
  readonly behindMs: number;
  /**
   * Moves a file from `spoolDir` into place (in S3 with a PUT); the file is gone afterwards. Replaces an
   * existing object.
   * @param mark key of a mark that says that the object is not processed yet. Both exist when the promise
   * resolves (on a file system the mark is a hard link).
   */
  adopt(file: string, key: string, mark?: string): Promise<void>;
  /** Writes a small object from memory. Replaces an existing object. @param mark as in `adopt` */
  put(key: string, body: Buffer | string, mark?: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** @throws NotStoredError when there is no such object. */
  read(key: string): Promise<Readable>;
  /** The whole object; for small ones only. @throws NotStoredError */
  readAll(key: string): Promise<Buffer>;
  /**
   * The object as a local file for as long as `use` runs (the file itself, or a spooled copy).
   * @throws NotStoredError
   */
  withFile<T>(key: string, use: (file: string) => Promise<T>): Promise<T>;
  /** Size in bytes, or null when there is no such object. */
  size(key: string): Promise<number | null>;
  /**
   * No error when there is no such object. Folders of a file system that become empty by it are removed.
   * @param options.keepFolder where the next object comes into the same folder soon
   */
  delete(key: string, options?: { keepFolder?: boolean }): Promise<void>;
  /**
   * Keys below a prefix that ends in a slash, or all (''), in name order, folder by folder; without the spool. Whether
   * `a-b` comes before or after what is below `a/` differs from store to store.
   */
  list(prefix: string): AsyncIterable<string>;
  /** Resolves when the store can be written to; rejects with a sentence that says why it cannot. */
  check(): Promise<void>;
}

export class NotStoredError extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`nothing is stored at ${key}`);
    this.key = key;
  }
}

/** The result of an act on an object, or `otherwise` where the object is missing. */
export async function ifStored<T, Otherwise>(
  result: Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof NotStoredError) return otherwise;
    throw error;
  }
}

/** Whether what was written at this time may not be shown to a reader yet. */
export const mayBeBehind = ({ behindMs }: Pick<Storage, 'behindMs'>, at: Date): boolean =>
  Date.now() - at.getTime() < behindMs;
