import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Up to here a file stays in memory: most mails do, and to write and read a file costs more than all else of a send. */
const MAX_IN_MEMORY = 256 * 1024;

/** A file of a form. */
export class FormFile {
  readonly field: string;
  /** '' where the form gives none. */
  readonly filename: string;
  readonly #path: string;
  #bytes: Buffer | null = null;

  constructor(field: string, filename: string, path: string) {
    this.field = field;
    this.filename = filename;
    this.#path = path;
  }

  /** The whole, where it is in memory. */
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

  /** Its bytes from `start` on. */
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
