import { createReadStream } from 'node:fs';
import libmime from 'libmime';

export type Header = [name: string, value: string];

const MAX_HEAD_BYTES = 16 * 1024 * 1024;

const CHUNK_BYTES = 1024 * 1024;

/** Header fields of a raw mail in a file. */
export const readHeaders = async (emlFile: string): Promise<Header[]> =>
  parseHead(await readHead(createReadStream(emlFile, { highWaterMark: CHUNK_BYTES })));

/** Header fields of a raw mail, in order, with repeats: names in Title-Case, values unfolded and decoded. */
export function parseHead(head: string): Header[] {
  const charset = /^content-type:(?:.|\r?\n[ \t])*?charset="?([^\s";]+)/im.exec(head)?.[1];
  return head
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .flatMap((line): Header[] => {
      const colon = line.indexOf(':');
      if (colon < 1 || /[\s\x80-\xff]/.test(line.slice(0, colon).trimEnd())) return [];
      return [[titleCase(line.slice(0, colon).trimEnd()), decode(line.slice(colon + 1).trim(), charset)]];
    });
}

/** The value of the first field of this name. @param name in Title-Case */
export const headerOf = (headers: Header[], name: string): string | undefined =>
  headers.find((header) => header[0] === name)?.[1];

/** `MIME-Version` becomes `Mime-Version`, as in Mailgun's posts. */
function titleCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}

/** The bytes before the first empty line, one character for each byte. */
export async function readHead(mail: AsyncIterable<Buffer>): Promise<string> {
  let head = '\n';
  for await (const chunk of mail) {
    head += chunk.toString('latin1');
    const end = head.search(/\n\r?\n/);
    if (end >= 0) return head.slice(1, end);
    if (head.length > MAX_HEAD_BYTES) break;
  }
  return head.slice(1);
}

/** Encoded words (RFC 2047), raw UTF-8 (RFC 6532), or the 8-bit charset that the mail names for its body. */
function decode(value: string, charset: string | undefined): string {
  if (!/[\x80-\xff]/.test(value)) return libmime.decodeWords(value);
  const bytes = Buffer.from(value, 'latin1');
  for (const label of ['utf-8', charset ?? 'windows-1252']) {
    try {
      return libmime.decodeWords(new TextDecoder(label, { fatal: true }).decode(bytes));
    } catch {
      // Not in this charset, or an unknown charset: try the next one.
    }
  }
  return libmime.decodeWords(new TextDecoder('windows-1252').decode(bytes));
}
