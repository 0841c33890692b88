import libmime from 'libmime';
import { caps } from './caps.ts';
import { storable } from './text.ts';

/** A media type without its parameters, lower case; `application/octet-stream` for what is none. */
export function mediaType(contentType: string | false | null | undefined): string {
  const type = (contentType || '').split(';', 1)[0]!.trim().toLowerCase();
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type) ? type : 'application/octet-stream';
}

/**
 * A sender's name for a file, in any script, fit to be shown and to be a download's name: no folders, no
 * control or direction-changing characters. Without one, `unnamed` and the extension of its type: the same in
 * every form of a mail.
 */
export function fileName(written: string | false | null | undefined, type: string): string {
  const name = storable(written || '')
    .slice(-caps.filenameChars * 8)
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .split(/[\\/]/)
    .at(-1)!
    .trim();
  if (name === '' || name === '.' || name === '..') return `unnamed.${extension(type)}`;
  const letters = Array.from(name);
  return letters.length <= caps.filenameChars ? name : letters.slice(-caps.filenameChars).join('');
}

function extension(type: string): string {
  return type === 'message/rfc822' ? 'eml' : libmime.detectExtension(type);
}

/** Content-Id without its angle brackets, or null. */
export function contentId(written: string | null | undefined): string | null {
  const id = storable(written ?? '')
    .trim()
    .replace(/^<|>$/g, '')
    .trim();
  return id === '' || id.length > 998 ? null : id;
}
