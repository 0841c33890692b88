import libmime from 'libmime';
import { caps } from './caps.ts';
import { storable } from './text.ts';

/**
 * The media type in lower case, without parameters; `application/octet-stream` if the text is not a media
 * type.
 */
export function mediaType(contentType: string | false | null | undefined): string {
  const type = (contentType || '').split(';', 1)[0]!.trim().toLowerCase();
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type) ? type : 'application/octet-stream';
}

/**
 * A file name from a sender, made safe to show and to download: any script, but no folders, no control
 * characters and none that change the text direction. Without a name, `unnamed` and the extension of the
 * type, so that the name is the same in every form in which a mail is posted.
 */
export function fileName(written: string | false | null | undefined, type: string): string {
  const name = storable(written || '')
    .slice(-caps.filenameChars * 8)
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .split(/[\\/]/)
    .at(-1)!
    .trim();
  if (name === '' || name === '.' || name === '..') return `unnamed.${extension(type)}`;
  const chars = Array.from(name);
  return chars.length <= caps.filenameChars ? name : chars.slice(-caps.filenameChars).join('');
}

function extension(type: string): string {
  return type === 'message/rfc822' ? 'eml' : libmime.detectExtension(type);
}

/** A Content-Id without its angle brackets; null if it is empty or too long. */
export function contentId(written: string | null | undefined): string | null {
  const id = storable(written ?? '')
    .trim()
    .replace(/^<|>$/g, '')
    .trim();
  return id === '' || id.length > 998 ? null : id;
}
