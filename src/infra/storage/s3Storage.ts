import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { checkKey, checkPrefix } from './keys.ts';
import { openSpool } from './spool.ts';
import { ifStored, NotStoredError, type Storage } from './storage.ts';

const PUT_TRIES = 3;

/**
 * Objects in a bucket, below a prefix. Bytes wait in a folder of the system's temporary directory (TMPDIR)
 * until their number is known, and are streamed up from there. Each object is one PUT, so it exists
 * completely or not at all.
 * @param endpoint base URL of an S3 server other than AWS; null = AWS.
 */
export async function createS3Storage(
  bucket: string,
  prefix: string,
  endpoint: string | null,
): Promise<Storage> {
  const spoolDir = path.join(tmpdir(), 'postroom-spool');
  await openSpool(spoolDir);
  const client = new S3Client({
    region: await regionOr('us-east-1'),
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Other S3 servers do not know the newer checksum trailers of AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
  });
  return new S3Storage(client, bucket, prefix === '' ? '' : `${prefix}/`, spoolDir);
}

class S3Storage implements Storage {
  readonly spoolDir: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, bucket: string, prefix: string, spoolDir: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.spoolDir = spoolDir;
  }

  async adopt(file: string, key: string, mark?: string): Promise<void> {
    const { size } = await stat(file);
    await this.#put(key, size, () => createReadStream(file));
    if (mark !== undefined) await this.#mark(key, mark);
    await rm(file, { force: true });
  }

  async put(key: string, body: Buffer | string, mark?: string): Promise<void> {
    const bytes = Buffer.from(body as string);
    await this.#put(key, bytes.length, () => bytes);
    if (mark !== undefined) await this.#mark(key, mark);
  }

  async copy(from: string, to: string): Promise<void> {
    const CopySource = encodeURI(`${this.#bucket}/${this.#key(from)}`);
    await orNotStored(from, this.#client.send(new CopyObjectCommand({ ...this.#at(to), CopySource })));
  }

  async read(key: string): Promise<Readable> {
    const { Body } = await orNotStored(key, this.#client.send(new GetObjectCommand(this.#at(key))));
    return Body as Readable;
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

  /** The SDK cannot send a stream a second time, so the retries are here, each with a new stream. */
  async #put(key: string, size: number, body: () => Readable | Buffer): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const input = { ...this.#at(key), Body: body(), ContentLength: size };
        await this.#client.send(new PutObjectCommand(input));
        return;
      } catch (error) {
        const isFinal = error instanceof S3ServiceException && error.$fault === 'client';
        if (isFinal || attempt === PUT_TRIES) throw error;
      }
    }
  }

  /** S3 has no links, and the name of a mark is enough; its content is the key, for people. */
  async #mark(key: string, mark: string): Promise<void> {
    const bytes = Buffer.from(key);
    await this.#put(mark, bytes.length, () => bytes);
  }

  #key(key: string): string {
    return this.#prefix + checkKey(key);
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#key(key) };
  }
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
