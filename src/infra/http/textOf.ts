import { isUtf8 } from 'node:buffer';

/** Bytes as text; where they are not UTF-8 the text is only a likeness, and `base64` has them. */
export interface Text {
  text: string;
  base64?: string;
}

export function textOf(bytes: Buffer): Text {
  const text = bytes.toString();
  return isUtf8(bytes) ? { text } : { text, base64: bytes.toString('base64') };
}
