import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { MailFile } from './readMail.ts';

export type Field = [name: string, value: string];

/** Body of a post; each try streams it again. */
export interface Body {
  contentType: string;
  /** Bytes. */
  length: number;
  stream(): Readable;
}

type Piece = Buffer | { file: string; size: number };

/** @param mime a file with the percent-encoded raw mail, which becomes the last field, `body-mime` */
export function urlencoded(fields: Field[], mime: { file: string; size: number } | null = null): Body {
  const text = new URLSearchParams(fields).toString();
  const pieces = mime ? [Buffer.from(`${text}&body-mime=`), mime] : [Buffer.from(text)];
  return body('application/x-www-form-urlencoded', pieces);
}

/** Files become `attachment-1` to `attachment-N`, with their names as raw UTF-8, as Mailgun writes them. */
export function multipart(fields: Field[], files: MailFile[]): Body {
  const boundary = randomBytes(16).toString('hex');
  const pieces = fields.map(([name, value]) =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${quotable(name)}"\r\n\r\n${value}\r\n`,
    ),
  ) as Piece[];
  for (const [index, file] of files.entries()) {
    const disposition = `form-data; name="attachment-${index + 1}"; filename="${quotable(file.filename)}"`;
    pieces.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${quotable(file.contentType)}\r\n\r\n`,
      ),
      file,
      Buffer.from('\r\n'),
    );
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return body(`multipart/form-data; boundary=${boundary}`, pieces);
}

const quotable = (text: string) => text.replace(/["\\]/g, '\\$&').replace(/[\r\n\0]+/g, ' ');

function body(contentType: string, pieces: Piece[]): Body {
  const length = pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.size), 0);
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      if (Buffer.isBuffer(piece)) yield piece;
      else yield* createReadStream(piece.file);
    }
  }
  return { contentType, length, stream: () => Readable.from(bytes(), { objectMode: false }) };
}

/** For each byte, the byte that represents it in a form; 0: it is written as `%XX`. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === ' ') return '+'.charCodeAt(0);
  return /[A-Za-z0-9*._-]/.test(char) ? byte : 0;
});
const PERCENT = '%'.charCodeAt(0);
const HEX = Buffer.from('0123456789ABCDEF');

/** Bytes as a form value (application/x-www-form-urlencoded), byte by byte: no charset is assumed. */
export async function* percentEncoded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    const out = Buffer.allocUnsafe(chunk.length * 3);
    let end = 0;
    for (const byte of chunk) {
      if (PLAIN[byte]) {
        out[end++] = PLAIN[byte];
      } else {
        out[end++] = PERCENT;
        out[end++] = HEX[byte >> 4]!;
        out[end++] = HEX[byte & 15]!;
      }
    }
    yield out.subarray(0, end);
  }
}
