import type { Readable } from 'node:stream';
import contentDisposition from 'content-disposition';
import type { Context } from 'koa';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { Problem } from './problem.ts';
import { Unavailable } from './unavailable.ts';

interface Download {
  /** As the sender wrote it. */
  filename: string;
  /** As the sender wrote it. */
  contentType: string;
}

/** Images of pixels: nothing in them can run, so a browser may show them. */
const RASTER = /^image\/(png|jpeg|gif|webp)$/;

/** Types that go out as they are; what a browser could run or follow (HTML, SVG, XML, scripts) goes out as bytes. */
const HARMLESS =
  /^(text\/(plain|csv|calendar)|(audio|video)\/[\w.-]+|application\/(pdf|zip|json|rtf|msword|vnd\.[\w.-]+)|message\/rfc822)$/;

/** Streams a stored object. @throws Problem 404 when it is gone; Unavailable when storage is away. */
export async function sendObject(ctx: Context, storage: Storage, key: string, file: Download): Promise<void> {
  const size = await fromStorage(storage.size(key));
  if (size === null) throw gone();
  const body = await fromStorage(storage.read(key));
  sendStream(ctx, body, file);
  ctx.length = size;
}

/** Streams what a sender wrote in such a way that a browser never runs it, wherever it is opened. */
export function sendStream(ctx: Context, body: Readable, file: Download): void {
  const contentType = safeType(file.contentType);
  const name = safeName(file.filename);
  ctx.set('Content-Type', contentType);
  ctx.set(
    'Content-Disposition',
    contentDisposition(name, {
      type: RASTER.test(contentType) ? 'inline' : 'attachment',
      // Latin-1 in a header is read as UTF-8 by some and not by others: whatever is not ASCII goes into `filename*` (RFC 6266).
      fallback: name.replace(/[^\x20-\x7e]/g, '_'),
    }),
  );
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Content-Security-Policy', "default-src 'none'; sandbox");
  ctx.body = body;
}

/** A reason that storage is away, or gives no such object, as an answer. */
export async function fromStorage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof NotStoredError ? gone() : new Unavailable('storage');
  }
}

function gone(): Problem {
  return new Problem(404, 'It is no longer kept.');
}

function safeType(claimed: string): string {
  const type = claimed.split(';')[0]?.trim().toLowerCase().replace('image/jpg', 'image/jpeg') ?? '';
  return RASTER.test(type) || HARMLESS.test(type) ? type : 'application/octet-stream';
}

/**
 * Without control characters (they end headers), path separators, and marks that turn the direction of writing
 * (`invoice<RLO>fdp.exe` reads as `invoiceexe.pdf`); any script stays.
 */
function safeName(filename: string): string {
  const name = filename
    .replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '')
    .replace(/[/\\]/g, '_')
    .trim();
  return /^\.*$/.test(name) ? 'attachment' : Array.from(name).slice(-200).join('');
}
