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

/** Raster images cannot contain code, so a browser may show them. */
const RASTER = /^image\/(png|jpeg|gif|webp)$/;

/**
 * Types that are sent as they are. What a browser could run or follow (HTML, SVG, XML, scripts) is sent as
 * bytes.
 */
const HARMLESS =
  /^(text\/(plain|csv|calendar)|(audio|video)\/[\w.-]+|application\/(pdf|zip|json|rtf|msword|vnd\.[\w.-]+)|message\/rfc822)$/;

/** Streams a stored object. @throws Problem 404 when it was deleted; Unavailable when storage is */
export async function sendObject(ctx: Context, storage: Storage, key: string, file: Download): Promise<void> {
  const size = await fromStorage(storage.size(key));
  if (size === null) throw gone();
  const body = await fromStorage(storage.read(key));
  sendStream(ctx, body, file);
  ctx.length = size;
}

/** Streams what a sender wrote, with headers that keep a browser from running it. */
export function sendStream(ctx: Context, body: Readable, file: Download): void {
  const contentType = safeType(file.contentType);
  const name = safeName(file.filename);
  ctx.set('Content-Type', contentType);
  ctx.set(
    'Content-Disposition',
    contentDisposition(name, {
      type: RASTER.test(contentType) ? 'inline' : 'attachment',
      // Clients disagree about Latin-1 in a header, so what is not ASCII goes into `filename*` only (RFC
      // 6266).
      fallback: name.replace(/[^\x20-\x7e]/g, '_'),
    }),
  );
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Content-Security-Policy', "default-src 'none'; sandbox");
  ctx.body = body;
}

/** Turns errors of storage into answers. @throws Problem 404 when there is no such object; Unavailable */
export async function fromStorage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof NotStoredError ? gone() : new Unavailable('storage');
  }
}

function gone(): Problem {
  return new Problem(404, 'This file is no longer stored.');
}

function safeType(claimed: string): string {
  const type = claimed.split(';')[0]?.trim().toLowerCase().replace('image/jpg', 'image/jpeg') ?? '';
  return RASTER.test(type) || HARMLESS.test(type) ? type : 'application/octet-stream';
}

/**
 * Removes control characters (they end headers), path separators, and marks that change the direction of
 * writing (`invoice<RLO>fdp.exe` reads as `invoiceexe.pdf`). Letters of every script stay.
 */
export function safeName(filename: string): string {
  const name = filename
    .replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '')
    .replace(/[/\\]/g, '_')
    .trim();
  return /^\.*$/.test(name) ? 'attachment' : Array.from(name).slice(-200).join('');
}
