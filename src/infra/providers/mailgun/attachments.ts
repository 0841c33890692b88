import { z } from 'zod';
import { caps } from '../../../mail/caps.ts';
import { decodeBytes } from '../../../mail/charset.ts';
import { contentId, fileName, mediaType } from '../../../mail/files.ts';
import type { StoredPost } from '../../archive/storedPost.ts';
import type { InboundFile } from '../../../mail/inboundEmail.ts';

/** Longest URL (characters): Mailgun's are shorter. */
const MAX_URL = 4_000;

/** An entry of `attachments` in the post of a store() route; every field may be missing. */
const StoredAttachment = z.object({
  url: z.string().max(MAX_URL).catch(''),
  'content-type': z.string().catch(''),
  name: z.string().catch(''),
  size: z.number().int().nonnegative().nullable().catch(null),
});

/** The files in the post: `attachment-1` … in the order of their numbers, then any others. */
export function postedFiles(
  post: StoredPost,
  cids: Map<string, string>,
  charset: string | null,
): InboundFile[] {
  const number = (field: string) => Number(/^attachment-(\d{1,9})$/.exec(field)?.[1] ?? Infinity);
  return post.files
    .map((file, n) => ({ file, n, order: number(file.field) }))
    .sort((a, b) => (a.order === b.order ? a.n - b.n : a.order - b.order))
    .map(({ file }) => {
      const contentType = mediaType(file.content_type);
      return {
        filename: fileName(writtenName(file, charset), contentType),
        contentType,
        size: file.size,
        contentId: contentId(cids.get(file.field)),
        source: { object: file.object },
      };
    });
}

function writtenName(file: StoredPost['files'][number], charset: string | null): string {
  if (file.filename_base64 === undefined) return file.filename;
  return decodeBytes(Buffer.from(file.filename_base64, 'base64'), null, charset);
}

/**
 * The files that Mailgun stores, from the JSON list in the post of a store() route. A file without a URL is
 * listed too, because it is part of the mail. @returns null when the list cannot be read.
 */
export function storedFiles(json: string, cids: Map<string, string>): InboundFile[] | null {
  const list = z.array(z.unknown()).safeParse(parseJson(json));
  if (!list.success) return null;
  return list.data.slice(0, caps.parts).map((entry, n) => {
    const { url, name, size, ...rest } = StoredAttachment.parse(isObject(entry) ? entry : {});
    const contentType = mediaType(rest['content-type']);
    return {
      filename: fileName(name, contentType),
      contentType,
      size,
      contentId: contentId(cids.get(url) ?? cids.get(`attachment-${n + 1}`)),
      source: { url },
    };
  });
}

/**
 * The inverse of `content-id-map`: attachment (`attachment-1`, or a URL) -> Content-Id. The keys of that JSON
 * are Content-Ids as the sender wrote them: they may be empty or repeated, and `JSON.parse` would keep only
 * the last of equal keys. Reading stops at the first syntax error.
 */
export function readContentIdMap(json: string): Map<string, string> {
  const map = new Map<string, string>();
  // Sticky: each match starts where the last one ended, so that nothing is scanned twice.
  const pair = /[\s,{]*("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*"|\{[^{}]*\})/y;
  for (let found; map.size < caps.parts && (found = pair.exec(json));) {
    const cid = z.string().safeParse(parseJson(found[1]!));
    const value: unknown = parseJson(found[2]!);
    const file = z.string().safeParse(isObject(value) ? value.url : value);
    if (cid.success && file.success && cid.data.trim() !== '' && !map.has(file.data))
      map.set(file.data, cid.data);
  }
  return map;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined when the text is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
