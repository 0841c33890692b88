import { caps } from './caps.ts';

/** Text that MongoDB, JSON and UTF-8 can represent: without NUL, and without half a surrogate pair. */
export function storable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('\0', '');
}

/** Storable text, cut between characters to at most `maxBytes` of UTF-8. */
export function capText(text: string, maxBytes: number = caps.textBytes): { text: string; cut: boolean } {
  const whole = storable(text);
  if (Buffer.byteLength(whole) <= maxBytes) return { text: whole, cut: false };
  // Each UTF-16 unit has at least one byte in UTF-8, so the rest cannot fit.
  const bytes = Buffer.from(whole.slice(0, maxBytes + 1));
  let end = Math.min(bytes.length, maxBytes);
  // A byte 10xxxxxx continues a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return { text: bytes.toString('utf8', 0, end), cut: true };
}
