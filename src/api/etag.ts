import type { Context } from 'koa';
import { z } from 'zod';
import { hashOf } from '../lib/ids.ts';
import { Problem } from './problem.ts';

/** Header of a `POST` that is refused when the row has changed; changes of a row have it by default. */
export const IfMatch = z.object({ 'If-Match': z.string().optional() });

/** A strong ETag (RFC 9110, 8.8.1). @param parts values of which one changes whenever the shown row does */
export const etagOf = (...parts: unknown[]): string => `"${hashOf('etag', ...parts).slice(0, 20)}"`;

/**
 * `If-Match` (RFC 9110, 13.1.1) is optional: without it the change is made on the row as it is now.
 * @throws Problem 412 when it does not name this ETag
 */
export function checkMatch(ctx: Context, etag: string): void {
  const wanted = ctx.get('If-Match').trim();
  if (wanted === '' || wanted === '*') return;
  // A weak tag (`W/…`) never matches.
  if (wanted.split(',').some((tag) => tag.trim() === etag)) return;
  throw new Problem(412, 'It has changed since you read it. Read it again, and repeat your change.', {
    headers: { ETag: etag },
  });
}
