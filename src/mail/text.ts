import { caps } from './caps.ts';

/** Text that MongoDB, JSON and UTF-8 take as it is: no NUL, no half of a surrogate pair. */
export function storable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('\0', '');
}

/** Storable text of at most `maxBytes` of UTF-8, cut between characters. */
export function capText(text: string, maxBytes: number = caps.textBytes): { text: string; cut: boolean } {
  const whole = storable(text);
  if (Buffer.byteLength(whole) <= maxBytes) return { text: whole, cut: false };
  // A UTF-16 unit is at least one byte of UTF-8: no need to look at more.
  const bytes = Buffer.from(whole.slice(0, maxBytes + 1));
  let end = Math.min(bytes.length, maxBytes);
  // 10xxxxxx continues a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return { text: bytes.toString('utf8', 0, end), cut: true };
}

/** Storable text on one line: control characters, line breaks among them, become spaces. */
export const oneLine = (text: string): string =>
  storable(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
