import type { RouterMiddleware } from '@koa/router';
import type { Models } from '../models/index.ts';
import { hashToken } from '../tokens.ts';
import { notFound, Problem } from './problem.ts';
import { memberOf, type ApiUser } from './visibility.ts';

/** What a handler finds in `ctx.state`. */
export interface ApiState {
  user: ApiUser;
}
export type Authenticate = RouterMiddleware<ApiState>;

/**
 * `Authorization: Bearer <token>` (RFC 6750). 401 without a token that is known, not revoked, and of somebody who is still
 * a member; 404 when it is a token of another workspace than the path's.
 */
export function bearer(models: Models): Authenticate {
  return async (ctx, next) => {
    const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(ctx.get('Authorization'))?.[1];
    if (!token) throw unauthorized('This needs an `Authorization: Bearer` header with a token.');
    const row = await models.Token.findById(hashToken(token)).lean();
    if (!row || row.revoked_at) throw unauthorized('This token is not known, or it was revoked.', true);
    const user = await memberOf(models, row.workspace_id, row.user_id);
    if (!user) throw unauthorized('The user of this token is no longer a member.', true);
    if (user.workspaceId !== ctx.params.workspace_id) throw notFound();
    ctx.state.user = user;
    await next();
  };
}

function unauthorized(detail: string, given = false): Problem {
  const challenge = `Bearer realm="postroom"${given ? ', error="invalid_token"' : ''}`;
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}

/** After `bearer`: 403 for members who are no owners. */
export const ownersOnly: Authenticate = async (ctx, next) => {
  if (ctx.state.user.role !== 'owner') throw new Problem(403, 'Only owners of the workspace can do this.');
  await next();
};
