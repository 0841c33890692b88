import type { Context } from 'koa';
import { hashOf } from '../lib/ids.ts';
import { Problem } from './problem.ts';

/** Strong (RFC 9110, 8.8.1): other parts, another tag. @param parts what moves whenever what is shown does. */
export const etagOf = (...parts: unknown[]): string => `"${hashOf('etag', ...parts).slice(0, 20)}"`;

/**
 * `If-Match` (RFC 9110, 13.1.1), which a client may leave out: then the change is made on whatever is there.
 * @throws Problem 412 when it names none of these tags
 */
export function checkMatch(ctx: Context, etag: string): void {
  const wanted = ctx.get('If-Match').trim();
  if (wanted === '' || wanted === '*') return;
  // A weak tag matches nothing here: its W/ makes it another one.
  if (wanted.split(',').some((tag) => tag.trim() === etag)) return;
  throw new Problem(412, 'It was changed meanwhile: read it again, and make the change on that.', {
    headers: { ETag: etag },
  });
}
