import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** A store gave or kept other bytes than those that were stored. A further try may get the right ones. */
export class DamagedObject extends Error {
  constructor(key: string) {
    super(`the object ${key} is not as it was stored`);
  }
}

interface Expected {
  /** Bytes; undefined = not known. */
  size: number | undefined;
  /** Hex; undefined = not known: an object of an earlier version, or one that somebody else put there. */
  md5: string | undefined;
}

/** Passes bytes on, and fails at their end with `DamagedObject` when they are not those that were stored. */
export class CheckedBytes extends Transform {
  readonly #key: string;
  readonly #expected: Expected;
  readonly #md5 = createHash('md5');
  #size = 0;

  constructor(key: string, expected: Expected) {
    super();
    this.#key = key;
    this.#expected = expected;
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += bytes.length;
    this.#md5.update(bytes);
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    const { size = this.#size, md5 = null } = this.#expected;
    const isWhole = size === this.#size && (md5 === null || md5 === this.#md5.digest('hex'));
    done(isWhole ? null : new DamagedObject(this.#key));
  }
}
