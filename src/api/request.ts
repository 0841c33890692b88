import type { Context } from 'koa';
import type { Request } from '../core/replies/saveMessage.ts';
import { hashOf, newId } from '../lib/ids.ts';
import { wrongFields } from './problem.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';

/** Header that names a request: whoever asks again means the same (IETF draft httpapi-idempotency-key-header). */
export const KEY = 'Idempotency-Key';

/**
 * What a repeated request has in common with the first: the user's `Idempotency-Key` names what it makes, and path and body
 * must be the same, in whatever order the body's fields are.
 */
export function requestOf(ctx: Context, { workspaceId, userId }: ApiUser): Request {
  const given = ctx.get(KEY);
  if (ctx.headers['idempotency-key'] !== undefined && !/^[!-~]{1,255}$/.test(given))
    throw wrongFields([{ field: KEY, message: 'must be 1 to 255 visible characters of ASCII' }]);
  const fields = Object.entries(ctx.request.body ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id: given === '' ? newId() : hashOf('idempotency', workspaceId, userId, given),
    isKeyed: given !== '',
    hash: hashOf('request', ctx.path, fields),
  };
}
