import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * A file up to this size stays in memory, as most mails do: a file on disk would cost more than the rest of a
 * send.
 */
const MAX_IN_MEMORY = 256 * 1024;

/** A file of a form. */
export class FormFile {
  readonly field: string;
  /** '' when the form names none. */
  readonly filename: string;
  readonly #path: string;
  #bytes: Buffer | null = null;

  constructor(field: string, filename: string, path: string) {
    this.field = field;
    this.filename = filename;
    this.#path = path;
  }

  /** The content when it is in memory, else null. */
  get bytes(): Buffer | null {
    return this.#bytes;
  }

  async read(source: AsyncIterable<Buffer>): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    const rest = source[Symbol.asyncIterator]();
    for (;;) {
      const next = await rest.next();
      if (next.done) break;
      chunks.push(next.value);
      size += next.value.length;
      if (size > MAX_IN_MEMORY) return pipeline(joined(chunks, rest), createWriteStream(this.#path));
    }
    this.#bytes = Buffer.concat(chunks);
  }

  /** Its bytes, from `start`. */
  stream(start = 0): Readable {
    if (!this.#bytes) return createReadStream(this.#path, { start });
    return Readable.from([this.#bytes.subarray(start)], { objectMode: false });
  }

  async remove(): Promise<void> {
    if (!this.#bytes) await rm(this.#path, { force: true });
  }
}

async function* joined(chunks: Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
  yield* { [Symbol.asyncIterator]: () => rest };
}
