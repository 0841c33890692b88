import { analyse } from 'chardet';
import { decode, normalizeCharset } from 'libmime/lib/charset.js';

/** Bytes that a guess is made from. */
const SAMPLE = 16 * 1024;
/** Words of two letters with umlauts happen in Latin scripts; in others nearly every word is longer. */
const FOREIGN_RUN = 2.5;

/**
 * Text of bytes whose charset is declared wrongly, or not at all, as often as rightly in real mail. What is
 * valid UTF-8 is UTF-8 unless something else was declared; else the declared charset; else `hint` (declared
 * elsewhere in the mail); else a guess. Never throws: bytes that mean nothing become U+FFFD.
 */
export function decodeBytes(bytes: Buffer, declared?: string | null, hint?: string | null): string {
  const charset = knownCharset(declared);
  if (charset) return withoutMark(decode(bytes, charset));
  if (isUtf8(bytes))
    return withoutMark(isJapanese7bit(bytes) ? decode(bytes, 'iso-2022-jp') : bytes.toString('utf8'));
  const utf16 = byteOrderMark(bytes);
  return withoutMark(
    decode(bytes, utf16 ?? knownCharset(hint) ?? (isMostlyUtf8(bytes) ? 'utf-8' : guess(bytes))),
  );
}

/** A charset that says more than "ASCII or UTF-8", or null. */
export function knownCharset(charset: string | false | null | undefined): string | null {
  if (!charset) return null;
  const name = normalizeCharset(charset).toLowerCase();
  return /^(?:us-ascii|ascii|utf-?8|7bit|8bit|binary|unknown.*|x-unknown.*|default|\W*)$/.test(name) ||
    /ascii$/i.test(charset)
    ? null
    : name;
}

function isUtf8(bytes: Buffer): boolean {
  const { text, rest } = startInUtf8(bytes);
  // A last character that was cut in two is no reason to think of another charset, where there are others
  // before it.
  return text !== null && (rest === 0 || /[^\0-\x7f]/.test(text));
}

/** The text, and how many bytes at the end are half a character; null when it is no UTF-8. */
function startInUtf8(bytes: Buffer): { text: string | null; rest: number } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return { text, rest: bytes.length - Buffer.byteLength(text) };
  } catch {
    return { text: null, rest: 0 };
  }
}

/** ISO-2022-JP is all ASCII to who does not know its escape sequences (RFC 1468). */
function isJapanese7bit(bytes: Buffer): boolean {
  return bytes.includes('\x1b$B') || bytes.includes('\x1b$@');
}

function byteOrderMark(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** UTF-8 with a few broken bytes: more of what it holds beyond ASCII is right than wrong. */
function isMostlyUtf8(bytes: Buffer): boolean {
  const text = bytes.toString('utf8', 0, SAMPLE * 4);
  const broken = text.split('\uFFFD').length - 1;
  return text.replace(/[\0-\x7f\uFFFD]/g, '').length > broken;
}

/** One guess for several pieces of one mail, which say more together; null where all are valid UTF-8. */
export function guessCharset(pieces: Buffer[]): string | null {
  const foreign = pieces
    .filter((piece) => !isUtf8(piece) && !isMostlyUtf8(piece))
    .map((piece) => piece.subarray(0, SAMPLE));
  return foreign.length === 0 ? null : guess(Buffer.concat(foreign.slice(0, 100)));
}

function guess(bytes: Buffer): string {
  const first = Math.max(0, bytes.findIndex((byte) => byte > 0x7f) - 256);
  const sample = bytes.subarray(first, first + SAMPLE);
  const best = analyse(sample)[0];
  const runs = sample.toString('latin1').match(/[\x80-\xff]+/g) ?? [];
  const high = runs.join('');
  if (high.length < runs.length * FOREIGN_RUN) {
    return best && best.confidence >= 50 && /^(?:ISO-8859|windows-125)/i.test(best.name)
      ? best.name
      : 'windows-1252';
  }
  if (best && best.confidence >= 60) return best.name;
  // Too short for statistics: Cyrillic charsets have their letters in the upper half, Chinese a third of its
  // bytes not.
  const letters = (high.match(/[\xc0-\xff]/g) ?? []).length;
  const signs = (high.match(/[\xa0\xa8\xab\xb8\xb9\xbb]/g) ?? []).length;
  if (letters + signs < high.length * 0.85) return 'gb18030';
  // Text is mostly small letters: 0xE0 up in windows-1251, below in KOI8-R.
  return (high.match(/[\xe0-\xff]/g) ?? []).length * 2 >= letters ? 'windows-1251' : 'koi8-r';
}
