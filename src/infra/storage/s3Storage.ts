import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline as pipe, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { MINUTE_MS } from '../../lib/time.ts';
import { CheckedBytes, DamagedObject } from './checkedBytes.ts';
import { checkKey, checkPrefix } from './keys.ts';
import { openSpool } from './spool.ts';
import { ifStored, NotStoredError, type Storage } from './storage.ts';

const PUT_TRIES = 3;
/** Before the second try of a PUT; doubled before the third (ms). */
const PUT_AGAIN_MS = 200;
/** A server from which no byte comes for this long, and which takes none, does not answer (ms). */
const SILENT_MS = 20_000;
/**
 * AWS shows an object at once (since 2020); a server with replicas may answer 404 until they have caught up.
 */
const BEHIND_MS = 10 * MINUTE_MS;

/**
 * Objects in a bucket, below a prefix. Bytes wait in a folder of the system's temporary directory (TMPDIR)
 * until their number is known, and are streamed up from there. Each object is one PUT, so it exists
 * completely or not at all. The server is told the MD5 of the bytes (Content-MD5, RFC 1864), and keeps it
 * with the object: what is read must have it.
 * @param endpoint base URL of an S3 server other than AWS; null = AWS.
 */
export async function createS3Storage(
  bucket: string,
  prefix: string,
  endpoint: string | null,
  { silentMs = SILENT_MS } = {},
): Promise<Storage> {
  const spoolDir = path.join(tmpdir(), 'postroom-spool');
  await openSpool(spoolDir);
  const settings: S3ClientConfig = {
    region: await regionOr('us-east-1'),
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Other S3 servers do not know the newer checksum trailers of AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Not its `requestTimeout`: that only writes a warning, and counts the time of a long upload.
    requestHandler: { connectionTimeout: 5_000, socketTimeout: silentMs },
  };
  return new S3Storage(settings, bucket, prefix === '' ? '' : `${prefix}/`, spoolDir);
}

class S3Storage implements Storage {
  readonly spoolDir: string;
  readonly behindMs = BEHIND_MS;
  readonly #client: S3Client;
  /** Tries once: the retries of a PUT are here. */
  readonly #putClient: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(settings: S3ClientConfig, bucket: string, prefix: string, spoolDir: string) {
    this.#client = new S3Client(settings);
    this.#putClient = new S3Client({ ...settings, maxAttempts: 1 });
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.spoolDir = spoolDir;
  }

  async adopt(file: string, key: string, mark?: string): Promise<void> {
    const { size } = await stat(file);
    await this.#put(key, { size, md5: await md5Of(file), body: () => createReadStream(file) });
    if (mark !== undefined) await this.#mark(key, mark);
    await rm(file, { force: true });
  }

  async put(key: string, body: Buffer | string, mark?: string): Promise<void> {
    await this.#putBytes(key, Buffer.from(body as string));
    if (mark !== undefined) await this.#mark(key, mark);
  }

  async copy(from: string, to: string): Promise<void> {
    const CopySource = encodeURI(`${this.#bucket}/${this.#key(from)}`);
    await orNotStored(from, this.#client.send(new CopyObjectCommand({ ...this.#at(to), CopySource })));
  }

  async read(key: string): Promise<Readable> {
    const answer = await orNotStored(key, this.#client.send(new GetObjectCommand(this.#at(key))));
    const { Body, ContentLength: size, Metadata } = answer;
    // Whoever reads gets the error of either stream.
    return pipe(Body as Readable, new CheckedBytes(key, { size, md5: Metadata?.[MD5] }), () => undefined);
  }

  async readAll(key: string): Promise<Buffer> {
    return buffer(await this.read(key));
  }

  async withFile<T>(key: string, use: (file: string) => Promise<T>): Promise<T> {
    const file = path.join(this.spoolDir, randomUUID());
    try {
      await pipeline(await this.read(key), createWriteStream(file));
      return await use(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  async size(key: string): Promise<number | null> {
    const head = await ifStored(
      orNotStored(key, this.#client.send(new HeadObjectCommand(this.#at(key)))),
      null,
    );
    return head && (head.ContentLength ?? 0);
  }

  async delete(key: string): Promise<void> {
    // S3 reports no error for a missing object; other servers may, when two processes delete it at the same
    // time.
    await ifStored(orNotStored(key, this.#client.send(new DeleteObjectCommand(this.#at(key)))), undefined);
  }

  async *list(prefix: string): AsyncIterable<string> {
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: this.#prefix + checkPrefix(prefix) },
    );
    for await (const page of pages) {
      for (const { Key } of page.Contents ?? []) if (Key) yield Key.slice(this.#prefix.length);
    }
  }

  async check(): Promise<void> {
    try {
      await this.put('health', 'written by the health check');
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown';
      throw new Error(`the bucket ${this.#bucket} cannot be written to (${why})`, { cause: error });
    }
  }

  #putBytes(key: string, bytes: Buffer): Promise<void> {
    return this.#put(key, { size: bytes.length, md5: hash('md5', bytes, 'hex'), body: () => bytes });
  }

  /** The SDK cannot send a stream a second time, so the retries are here, each with a new stream. */
  async #put(key: string, object: ObjectToPut): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#putOnce(key, object);
      } catch (error) {
        if (isRefusal(error) || attempt === PUT_TRIES) throw error;
        await sleep(PUT_AGAIN_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** @throws DamagedObject when the server stored other bytes */
  async #putOnce(key: string, { size, md5, body }: ObjectToPut): Promise<void> {
    const input = {
      ...this.#at(key),
      Body: body(),
      ContentLength: size,
      ContentMD5: Buffer.from(md5, 'hex').toString('base64'),
      Metadata: { [MD5]: md5 },
    };
    const { ETag = '' } = await this.#putClient.send(new PutObjectCommand(input));
    if (ETag.replaceAll('"', '') === md5) return;
    // Where the bucket is encrypted with a key of its own (SSE-KMS) an ETag is no MD5.
    const head = await this.#client.send(new HeadObjectCommand(this.#at(key)));
    if (head.ContentLength !== size || head.Metadata?.[MD5] !== md5) throw new DamagedObject(key);
  }

  /** S3 has no links, and the name of a mark is enough; its content is the key, for people. */
  #mark(key: string, mark: string): Promise<void> {
    return this.#putBytes(mark, Buffer.from(key));
  }

  #key(key: string): string {
    return this.#prefix + checkKey(key);
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#key(key) };
  }
}

/** Name of the metadata (`x-amz-meta-…`) that holds the MD5 of an object, hex. */
const MD5 = 'md5';

interface ObjectToPut {
  /** Bytes. */
  size: number;
  /** Hex. */
  md5: string;
  /** Called for each try. */
  body: () => Readable | Buffer;
}

/** Errors that blame the request, and that a further try may not meet. */
const MAY_PASS = [
  'BadDigest',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'SlowDown',
  'TooManyRequestsException',
  // Of the look at an object that was just put: the server is behind.
  'NotFound',
];

const isRefusal = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$fault === 'client' && !MAY_PASS.includes(error.name);

async function md5Of(file: string): Promise<string> {
  const md5 = createHash('md5');
  await pipeline(createReadStream(file), md5);
  return md5.digest('hex');
}

async function orNotStored<T>(key: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    const isMissing = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
    throw isMissing && error.name !== 'NoSuchBucket' ? new NotStoredError(key) : error;
  }
}

/** The region of the usual AWS settings (AWS_REGION, profile), or this one: other S3 servers need none. */
async function regionOr(fallback: string): Promise<string> {
  try {
    return await new S3Client({}).config.region();
  } catch {
    return fallback;
  }
}
