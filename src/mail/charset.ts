import { analyse } from 'chardet';
import { decode, normalizeCharset } from 'libmime/lib/charset.js';

/** Number of bytes that a guess is based on. */
const SAMPLE_BYTES = 16 * 1024;
/**
 * Mean length of runs of non-ASCII bytes from which a text is taken to be non-Latin. In Latin scripts runs of
 * two bytes (two umlauts) are already rare; in other scripts nearly every word is a longer run.
 */
const NON_LATIN_RUN = 2.5;

/**
 * Decodes bytes whose charset may be missing or wrong, as it often is in real mail. Uses, in this order: the
 * declared charset, if it is neither ASCII nor UTF-8; UTF-8, if the bytes are valid UTF-8; a byte order mark;
 * `hint`, the charset declared elsewhere in the mail; a guess. Never throws: undecodable bytes become U+FFFD.
 */
export function decodeBytes(bytes: Buffer, declared?: string | null, hint?: string | null): string {
  const charset = knownCharset(declared);
  if (charset) return withoutByteOrderMark(decode(bytes, charset));
  if (isUtf8(bytes))
    return withoutByteOrderMark(
      isJapanese7bit(bytes) ? decode(bytes, 'iso-2022-jp') : bytes.toString('utf8'),
    );
  const utf16 = byteOrderMark(bytes);
  return withoutByteOrderMark(
    decode(bytes, utf16 ?? knownCharset(hint) ?? (isMostlyUtf8(bytes) ? 'utf-8' : guess(bytes))),
  );
}

/** The charset's normalised name; null when it says no more than "ASCII or UTF-8", or is unknown. */
export function knownCharset(charset: string | false | null | undefined): string | null {
  if (!charset) return null;
  const name = normalizeCharset(charset).toLowerCase();
  return /^(?:us-ascii|ascii|utf-?8|7bit|8bit|binary|unknown.*|x-unknown.*|default|\W*)$/.test(name) ||
    /ascii$/i.test(charset)
    ? null
    : name;
}

function isUtf8(bytes: Buffer): boolean {
  const { text, rest } = decodeUtf8(bytes);
  // An incomplete character at the end is accepted if other non-ASCII characters come before it: the text was
  // cut there.
  return text !== null && (rest === 0 || /[^\0-\x7f]/.test(text));
}

/**
 * The text, and the number of bytes of an incomplete character at the end; null when the bytes are not UTF-8.
 */
function decodeUtf8(bytes: Buffer): { text: string | null; rest: number } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return { text, rest: bytes.length - Buffer.byteLength(text) };
  } catch {
    return { text: null, rest: 0 };
  }
}

/** ISO-2022-JP consists of ASCII bytes: only its escape sequences reveal it (RFC 1468). */
function isJapanese7bit(bytes: Buffer): boolean {
  return bytes.includes('\x1b$B') || bytes.includes('\x1b$@');
}

function byteOrderMark(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

const withoutByteOrderMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** Whether the bytes are UTF-8 with a few errors: most of the non-ASCII characters are valid. */
function isMostlyUtf8(bytes: Buffer): boolean {
  const text = bytes.toString('utf8', 0, SAMPLE_BYTES * 4);
  const broken = text.split('\uFFFD').length - 1;
  return text.replace(/[\0-\x7f\uFFFD]/g, '').length > broken;
}

/**
 * One guess for several pieces of a mail, which together are a larger sample; null when all are valid UTF-8.
 */
export function guessCharset(pieces: Buffer[]): string | null {
  const samples = pieces
    .filter((piece) => !isUtf8(piece) && !isMostlyUtf8(piece))
    .map((piece) => piece.subarray(0, SAMPLE_BYTES));
  return samples.length === 0 ? null : guess(Buffer.concat(samples.slice(0, 100)));
}

function guess(bytes: Buffer): string {
  const start = Math.max(0, bytes.findIndex((byte) => byte > 0x7f) - 256);
  const sample = bytes.subarray(start, start + SAMPLE_BYTES);
  const best = analyse(sample)[0];
  const runs = sample.toString('latin1').match(/[\x80-\xff]+/g) ?? [];
  const high = runs.join('');
  if (high.length < runs.length * NON_LATIN_RUN) {
    return best && best.confidence >= 50 && /^(?:ISO-8859|windows-125)/i.test(best.name)
      ? best.name
      : 'windows-1252';
  }
  if (best && best.confidence >= 60) return best.name;
  // Too short for statistics. Cyrillic charsets have their letters in the upper quarter of the bytes (0xC0 to
  // 0xFF); in Chinese text about a third of the bytes is outside it.
  const letters = (high.match(/[\xc0-\xff]/g) ?? []).length;
  const signs = (high.match(/[\xa0\xa8\xab\xb8\xb9\xbb]/g) ?? []).length;
  if (letters + signs < high.length * 0.85) return 'gb18030';
  // Most letters are small: those are from 0xE0 on in windows-1251, below 0xE0 in KOI8-R.
  return (high.match(/[\xe0-\xff]/g) ?? []).length * 2 >= letters ? 'windows-1251' : 'koi8-r';
}
