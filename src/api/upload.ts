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

/** A file that came whole. */
export interface Upload {
  filename: string;
  contentType: string;
  /** Without angle brackets; null where none was given. */
  contentId: string | null;
  bytes: SpooledBytes;
}

/** What a raw body cannot say itself. */
export interface UploadQuery {
  filename?: string | undefined;
  content_id?: string | undefined;
}

const IN_MEMORY_BYTES = 64 * 1024;
/** Heads and small fields around the file of a form. */
const FORM_BYTES = 64 * 1024;
const MAX_FIELD_BYTES = 1_000;

/**
 * Streams a file into the store's spool, where it is while `use` runs: the one file of a form, in its field `file`, or the whole
 * body. Nothing is left there when it fails.
 * @throws Problem 400 (broken off, no form), 413 (over 25 MB), 415 (compressed), 422 (names)
 */
export async function withUpload<T>(
  ctx: Context,
  spoolDir: string,
  query: UploadQuery,
  use: (upload: Upload) => Promise<T>,
): Promise<T> {
  const taker = new UploadTaker(spoolDir, query, tooLarge(ctx));
  try {
    await uncounted(ctx, () => read(ctx, taker));
    return await use(taker.taken());
  } catch (error) {
    if (error instanceof IncompleteBody) throw new Problem(400, 'The body ended early.');
    if (error instanceof UnreadableBody) throw new Problem(400, `The form cannot be read: ${error.message}.`);
    throw error;
  } finally {
    await taker.discard();
    await drain(ctx.req);
    if (!ctx.req.complete) ctx.set('Connection', 'close');
  }
}

async function read(ctx: Context, taker: UploadTaker): Promise<void> {
  const contentType = ctx.get('Content-Type');
  const isForm = mediaType(contentType) === 'multipart/form-data';
  if (ctx.get('Content-Encoding') !== '' && ctx.get('Content-Encoding') !== 'identity')
    throw new Problem(415, 'The body is compressed; post the file as it is.');
  const limit = caps.fileBytes + (isForm ? FORM_BYTES : 0);
  if (Number(ctx.get('Content-Length')) > limit) throw tooLarge(ctx);
  const body = bodyOf(ctx.req, Infinity);
  if (isForm) {
    const boundary = boundaryOf(contentType);
    if (boundary === null) throw new Problem(400, 'The content type names no boundary.');
    return readMultipart(body, boundary, taker);
  }
  taker.beginRaw(contentType);
  for await (const bytes of body) await taker.data(bytes);
  await taker.end();
}

/** Both numbers, where the second is known. */
function tooLarge(ctx: Context): Problem {
  const announced = Number(ctx.get('Content-Length'));
  const size = announced > caps.fileBytes ? `this post has ${announced}` : 'this one has more';
  return new Problem(413, `A file may have ${caps.fileBytes} bytes; ${size}.`);
}

const noContentId = () =>
  wrongFields([{ field: 'content_id', message: 'must be at most 200 letters, digits and . _ + - @' }]);

/** Takes the parts of a form: one file, and its Content-Id. */
class UploadTaker implements FormSink {
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
      throw wrongFields([{ field, message: 'is not wanted: one file in `file`, and its `content_id`' }]);
    this.#contentId = new SpooledBytes(this.#spoolDir, MAX_FIELD_BYTES);
    this.#current = { bytes: this.#contentId, limit: MAX_FIELD_BYTES, over: noContentId() };
  }

  beginRaw(contentType: string): void {
    this.#beginFile(this.#query.filename ?? '', contentType);
  }

  #beginFile(filename: string, writtenType: string): void {
    if (/\p{Cc}/u.test(filename))
      throw wrongFields([{ field: 'filename', message: 'must not have control characters in it' }]);
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

  taken(): Upload {
    if (!this.#file) throw wrongFields([{ field: 'file', message: 'is missing' }]);
    const given = this.#contentId?.inMemory()?.toString() ?? this.#query.content_id ?? null;
    if (given !== null && !/^[\w.+@-]{1,200}$/.test(given)) throw noContentId();
    return { ...this.#file, contentId: given };
  }

  async discard(): Promise<void> {
    await Promise.all([this.#file?.bytes.discard(), this.#contentId?.discard()]);
  }
}
