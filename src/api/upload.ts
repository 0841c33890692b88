import type { Context } from 'koa';
import { caps } from '../mail/caps.ts';
import { fileName, mediaType } from '../mail/files.ts';
import { drain } from '../infra/http/answer.ts';
import { IncompleteBody, UnreadableBody, type FormPart, type FormSink } from '../infra/http/form.ts';
import { boundaryOf, readMultipart } from '../infra/http/multipart.ts';
import { bodyOf } from '../infra/http/body.ts';
import { SpooledBytes } from '../infra/http/spooledBytes.ts';
import { textOf } from '../infra/http/textOf.ts';
import { fromStorage } from './download.ts';
import { Problem, wrongFields } from './problem.ts';
import { uncounted } from './unavailable.ts';

/** A file that was received completely. */
export interface Upload {
  filename: string;
  contentType: string;
  /** Without angle brackets; null where the client sent none. */
  contentId: string | null;
  bytes: SpooledBytes;
}

/** What the query says of a file that is sent as the whole body. */
export interface UploadQuery {
  filename?: string | undefined;
  content_id?: string | undefined;
}

const IN_MEMORY_BYTES = 64 * 1024;
/** Headers and small fields around the file in a form. */
const FORM_BYTES = 64 * 1024;
const MAX_FIELD_BYTES = 1_000;

/**
 * Streams a file into the spool of the store, where it stays while `use` runs: the one file of a form, in its
 * field `file`, or the whole body. When it fails, the spool is empty again.
 * @throws Problem 400 (incomplete, or not a form), 413 (over 25 MB), 415 (compressed), 422 (names)
 */
export async function withUpload<T>(
  ctx: Context,
  spoolDir: string,
  query: UploadQuery,
  use: (upload: Upload) => Promise<T>,
): Promise<T> {
  const reader = new UploadReader(spoolDir, query, tooLarge(ctx));
  try {
    await uncounted(ctx, () => readBody(ctx, reader));
    return await use(reader.upload());
  } catch (error) {
    if (error instanceof IncompleteBody)
      throw new Problem(400, 'The upload is incomplete: the connection ended early. Upload the file again.');
    if (error instanceof UnreadableBody) throw new Problem(400, `The form cannot be read: ${error.message}.`);
    throw error;
  } finally {
    await reader.discard();
    await drain(ctx.req);
    if (!ctx.req.complete) ctx.set('Connection', 'close');
  }
}

async function readBody(ctx: Context, reader: UploadReader): Promise<void> {
  const contentType = ctx.get('Content-Type');
  const isForm = mediaType(contentType) === 'multipart/form-data';
  if (ctx.get('Content-Encoding') !== '' && ctx.get('Content-Encoding') !== 'identity')
    throw new Problem(415, 'The request body is compressed. Send the file as it is.');
  const limit = caps.fileBytes + (isForm ? FORM_BYTES : 0);
  if (Number(ctx.get('Content-Length')) > limit) throw tooLarge(ctx);
  const body = bodyOf(ctx.req, Infinity);
  if (isForm) {
    const boundary = boundaryOf(contentType);
    if (boundary === null) throw new Problem(400, 'The Content-Type of the form must have a boundary.');
    return readMultipart(body, boundary, reader);
  }
  reader.beginRaw(contentType);
  for await (const bytes of body) await reader.data(bytes);
  await reader.end();
}

/** With both sizes, where the client announced its own. */
function tooLarge(ctx: Context): Problem {
  const announced = Number(ctx.get('Content-Length'));
  const size = announced > caps.fileBytes ? `this request has ${announced}` : 'this one has more';
  return new Problem(413, `A file may have at most ${caps.fileBytes} bytes; ${size}.`);
}

const noContentId = () =>
  wrongFields([{ field: 'content_id', message: 'must be at most 200 letters, digits and . _ + - @' }]);

/** Reads the parts of a form: one file, and its Content-Id. */
class UploadReader implements FormSink {
  readonly #spoolDir: string;
  readonly #query: UploadQuery;
  readonly #tooLarge: Problem;
  #file: Omit<Upload, 'contentId'> | null = null;
  #contentId: SpooledBytes | null = null;
  #current: { bytes: SpooledBytes; limit: number; over: Problem } | null = null;

  constructor(spoolDir: string, query: UploadQuery, tooLarge: Problem) {
    this.#spoolDir = spoolDir;
    this.#query = query;
    this.#tooLarge = tooLarge;
  }

  begin({ name, filename, contentType }: FormPart): void {
    const field = textOf(name).text;
    if (field === 'file' && filename !== null && !this.#file)
      return this.#beginFile(textOf(filename).text, contentType);
    if (field !== 'content_id' || filename !== null || this.#contentId)
      throw wrongFields([
        { field, message: 'is not expected: send one file as `file`, and its `content_id`' },
      ]);
    this.#contentId = new SpooledBytes(this.#spoolDir, MAX_FIELD_BYTES);
    this.#current = { bytes: this.#contentId, limit: MAX_FIELD_BYTES, over: noContentId() };
  }

  beginRaw(contentType: string): void {
    this.#beginFile(this.#query.filename ?? '', contentType);
  }

  #beginFile(filename: string, writtenType: string): void {
    if (/\p{Cc}/u.test(filename))
      throw wrongFields([{ field: 'filename', message: 'must not contain control characters' }]);
    const contentType = mediaType(writtenType);
    const bytes = new SpooledBytes(this.#spoolDir, IN_MEMORY_BYTES);
    this.#file = { filename: fileName(filename, contentType), contentType, bytes };
    this.#current = { bytes, limit: caps.fileBytes, over: this.#tooLarge };
  }

  async data(chunk: Buffer): Promise<void> {
    const { bytes, limit, over } = this.#current!;
    if (bytes.size + chunk.length > limit) throw over;
    await fromStorage(Promise.resolve(bytes.write(chunk)));
  }

  async end(): Promise<void> {
    await fromStorage(Promise.resolve(this.#current!.bytes.close()));
  }

  upload(): Upload {
    if (!this.#file) throw wrongFields([{ field: 'file', message: 'is missing' }]);
    const contentId = this.#contentId?.inMemory()?.toString() ?? this.#query.content_id ?? null;
    if (contentId !== null && !/^[\w.+@-]{1,200}$/.test(contentId)) throw noContentId();
    return { ...this.#file, contentId };
  }

  async discard(): Promise<void> {
    await Promise.all([this.#file?.bytes.discard(), this.#contentId?.discard()]);
  }
}
