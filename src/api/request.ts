import type { Context } from 'koa';
import type { Request } from '../core/replies/saveMessage.ts';
import { hashOf, newId } from '../lib/ids.ts';
import { wrongFields } from './problem.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';

/** Header that names a request, so that a retry is recognised (IETF draft httpapi-idempotency-key-header). */
export const KEY = 'Idempotency-Key';

/**
 * What identifies a request and its retries: an id made of the user and the `Idempotency-Key`, and a hash of
 * path and body. The order of the fields in the body does not matter.
 * @throws Problem 422: the key is not valid
 */
export function requestOf(ctx: Context, { workspaceId, userId }: ApiUser): Request {
  const key = ctx.get(KEY);
  if (ctx.headers['idempotency-key'] !== undefined && !/^[!-~]{1,255}$/.test(key))
    throw wrongFields([{ field: KEY, message: 'must be 1 to 255 visible ASCII characters' }]);
  const fields = Object.entries(ctx.request.body ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id: key === '' ? newId() : hashOf('idempotency', workspaceId, userId, key),
    isKeyed: key !== '',
    hash: hashOf('request', ctx.path, fields),
  };
}

/**
 * An id for what a route with `idempotency: 'answer kept'` creates: the same when the request is carried out
 * again (idempotent.ts), and another one the next day, when its key may be used anew.
 * @param kind of what is created
 */
export const createdId = (kind: string, ctx: Context & { state: { user: ApiUser } }): string =>
  hashOf(kind, requestOf(ctx, ctx.state.user).id, new Date().toISOString().slice(0, 10));
