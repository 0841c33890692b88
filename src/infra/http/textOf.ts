import { isUtf8 } from 'node:buffer';

/** Bytes as text. When they are not UTF-8 the text is an approximation, and `base64` has the bytes. */
export interface Text {
  text: string;
  base64?: string;
}

export function textOf(bytes: Buffer): Text {
  const text = bytes.toString();
  return isUtf8(bytes) ? { text } : { text, base64: bytes.toString('base64') };
}
