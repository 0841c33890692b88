import { createWriteStream, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a mail below further header lines. A mail in memory is written synchronously, which is faster.
 * @returns bytes
 */
export async function writeUnder(
  top: string,
  mail: Buffer | AsyncIterable<Buffer>,
  emlFile: string,
): Promise<number> {
  if (Buffer.isBuffer(mail)) {
    const all = Buffer.concat([Buffer.from(top), mail]);
    writeFileSync(emlFile, all);
    return all.length;
  }
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from(top);
    yield* mail as AsyncIterable<Buffer>;
  }
  await pipeline(bytes(), createWriteStream(emlFile));
  return (await stat(emlFile)).size;
}
