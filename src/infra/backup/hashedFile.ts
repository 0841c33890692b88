import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Size in bytes and SHA-256 (hex) of a file. */
export interface Hashed {
  size: number;
  sha256: string;
}

/** Writes a file under a temporary name, and renames it once it is complete and durable. */
export async function writeHashed(
  file: string,
  content: Readable | AsyncIterable<string | Uint8Array>,
): Promise<Hashed> {
  const unfinished = `${file}.unfinished`;
  await mkdir(path.dirname(file), { recursive: true });
  const counter = hashing();
  await pipeline(content, counter.stream, createWriteStream(unfinished, { flush: true }));
  await rename(unfinished, file);
  return counter.result();
}

export async function hashFile(file: string): Promise<Hashed> {
  const counter = hashing();
  counter.stream.resume();
  await pipeline(createReadStream(file), counter.stream);
  return counter.result();
}

function hashing(): { stream: Transform; result: () => Hashed } {
  const sha256 = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sha256.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ size, sha256: sha256.digest('hex') }) };
}
