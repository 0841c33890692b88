import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Field } from '../body.ts';
import { FormFile } from './formFile.ts';

/** Largest request (Mailgun: `request size exceeds 52.4MiB limit`). */
const MAX_REQUEST_BYTES = Math.floor(52.4 * 1024 * 1024);

/** A posted form: fields in order, and files. */
export class SendForm {
  readonly fields: Field[] = [];
  readonly files: FormFile[] = [];

  all(name: string): string[] {
    return this.fields.flatMap(([key, value]) => (key === name ? [value] : []));
  }
  first(name: string): string | undefined {
    return this.all(name)[0];
  }
  /** Fields whose name begins with `prefix` (`h:`, `v:`), under the rest of their name. */
  below(prefix: string): Field[] {
    return this.fields.flatMap(([key, value]): Field[] =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    );
  }
  async removeFiles(): Promise<void> {
    await Promise.all(this.files.map((file) => file.remove()));
  }
}

export class TooLarge extends Error {}
/** The body is neither a multipart nor an urlencoded form, or it is incomplete. */
export class NoForm extends Error {}

/**
 * Reads a multipart or urlencoded form.
 * @param pathPrefix large files of the form are written to paths that begin with it
 * @throws TooLarge after reading to the end, since a client that still sends would not read the answer
 * @throws NoForm
 */
export async function readSendForm(request: IncomingMessage, pathPrefix: string): Promise<SendForm> {
  const form = new SendForm();
  const writes: Promise<void>[] = [];
  const parser = parserFor(request);
  parser.on('field', (name, value) => form.fields.push([name, value]));
  parser.on('file', (field, stream, { filename }) => {
    const file = new FormFile(field, filename ?? '', `${pathPrefix}-${form.files.length}`);
    form.files.push(file);
    writes.push(file.read(stream));
  });
  const limit = new SizeLimit();
  try {
    // Promise.allSettled, since no file may be written after it was removed.
    const [read] = await Promise.allSettled([pipeline(request, limit, parser)]);
    const written = await Promise.allSettled(writes);
    if (limit.isOver) throw new TooLarge();
    const failed = [read, ...written].find((result) => result.status === 'rejected');
    if (failed) throw new NoForm(String(failed.reason));
    return form;
  } catch (error) {
    await form.removeFiles();
    throw error;
  }
}

function parserFor(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { fieldSize: MAX_REQUEST_BYTES, fieldNameSize: 16 * 1024 },
    });
  } catch (error) {
    throw new NoForm(String(error));
  }
}

/** Passes bytes up to the limit, and discards the rest. */
class SizeLimit extends Transform {
  #bytes = 0;

  get isOver(): boolean {
    return this.#bytes > MAX_REQUEST_BYTES;
  }
  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk?: Buffer) => void): void {
    this.#bytes += chunk.length;
    if (this.isOver) done(null);
    else done(null, chunk);
  }
}
