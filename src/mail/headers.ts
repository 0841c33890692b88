import libmime from 'libmime';
import { decodeBytes, guessCharset } from './charset.ts';
import { caps } from './caps.ts';
import { storable } from './text.ts';

export type Headers = [name: string, value: string][];

/** Every value of a header, in order; names compare case-insensitively. */
export function headerValues(headers: Headers, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

/** The first value of a header, or null. */
export function firstHeader(headers: Headers, name: string): string | null {
  return headerValues(headers, name)[0] ?? null;
}

/** Headers that are kept even when the caps are reached: without them a mail cannot be shown or threaded. */
const ESSENTIAL = new Set(
  [
    'From',
    'To',
    'Cc',
    'Reply-To',
    'Subject',
    'Date',
    'Message-Id',
    'In-Reply-To',
    'References',
    'Auto-Submitted',
  ]
    .concat('Content-Type', 'Content-Transfer-Encoding', 'Content-Disposition', 'Content-Id')
    .map((name) => name.toLowerCase()),
);

/** Collects header fields up to `caps.headers` and `caps.headerBytes`. */
export class HeaderList {
  readonly fields: Headers = [];
  cut = false;
  #bytes = 0;
  readonly #seen = new Set<string>();

  add(name: string, value: string): void {
    const size = Buffer.byteLength(name) + Buffer.byteLength(value);
    const key = name.toLowerCase();
    const fits = this.fields.length < caps.headers && this.#bytes + size <= caps.headerBytes;
    const essential = ESSENTIAL.has(key) && !this.#seen.has(key) && size <= caps.headerBytes / 4;
    if (!fits && !essential) {
      this.cut = true;
      return;
    }
    this.#bytes += size;
    this.#seen.add(key);
    this.fields.push([name, value]);
  }
}

/** Joins folded lines (RFC 5322 2.2.3), also those that are folded in a wrong way. */
export function unfold(value: string): string {
  return storable(value)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');
}

/**
 * Decodes encoded words (RFC 2047). Line breaks inside them are removed, because in a reply they would start
 * a new header. Never throws.
 */
export function decodeHeader(value: string): string {
  return unfold(libmime.decodeWords(value));
}

export interface HeaderBlock {
  /** Unfolded and decoded. */
  headers: Headers;
  /** Unfolded, with encoded words as they are: the form from which address lists are parsed. */
  encoded: Headers;
  cut: boolean;
}

/**
 * Reads the header block at the start of raw bytes; lines that are no header fields are ignored. Never
 * throws.
 * @param charset of 8-bit values that are not UTF-8, if the rest of the mail declares one; otherwise it is
 * guessed.
 */
export function readHeaderBlock(bytes: Uint8Array, charset?: string | null): HeaderBlock {
  const list = new HeaderList();
  // Latin-1 keeps one character per byte: first the lines are split, then each value's charset is found.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const block = text.slice(0, /(?:^|\n)\r?\n/.exec(text)?.index);
  for (const line of block.split(/\r?\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trimEnd();
    if (colon > 0 && /^[!-9;-~]+$/.test(name)) list.add(name, line.slice(colon + 1));
  }
  const values = list.fields.map(([, value]) => Buffer.from(value, 'latin1'));
  const hint = charset ?? guessCharset(values);
  const encoded = list.fields.map(([name], index): Headers[number] => [
    name,
    unfold(decodeBytes(values[index]!, null, hint)),
  ]);
  return { headers: decodeAll(encoded), encoded, cut: list.cut };
}

/** Decodes the encoded words of every value. */
export function decodeAll(encoded: Headers): Headers {
  return encoded.map(([name, value]) => [name, decodeHeader(value)]);
}
