import type { RouterMiddleware } from '@koa/router';
import { findApiToken, noteUse } from '../access/apiTokens.ts';
import { openedScopes, type Scope } from '../access/scopes.ts';
import type { Models } from '../models/index.ts';
import { notFound, Problem } from './problem.ts';
import { memberOf, type ApiUser } from './visibility.ts';

/** What a handler finds in `ctx.state`. */
export interface ApiState {
  user: ApiUser;
  /** What the token may do, at most what the user may. */
  scopes: readonly Scope[];
}
export type Authenticate = RouterMiddleware<ApiState>;

/**
 * `Authorization: Bearer <token>` (RFC 6750). 401 without a token that is known, neither revoked nor over its time, and of
 * somebody who is still a member; 404 when it is a token of another workspace than the path's.
 */
export function bearer(models: Models): Authenticate {
  return async (ctx, next) => {
    const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(ctx.get('Authorization'))?.[1];
    if (!token) throw unauthorized('This needs an `Authorization: Bearer` header with a token.');
    const row = await findApiToken(models, token);
    if (!row) throw unauthorized('This token is not known, was revoked, or its time is over.', true);
    const user = await memberOf(models, row.workspace_id, row.user_id);
    if (!user) throw unauthorized('The user of this token is no longer a member.', true);
    if (user.workspaceId !== ctx.params.workspace_id) throw notFound();
    noteUse(models, row);
    ctx.state.user = user;
    ctx.state.scopes = openedScopes(row.scopes ?? null, user.role);
    await next();
  };
}

function unauthorized(detail: string, given = false): Problem {
  const challenge = `Bearer realm="postroom"${given ? ', error="invalid_token"' : ''}`;
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}

/** After `user`: 403 for members who are no owners. */
export const ownersOnly: Authenticate = async (ctx, next) => {
  if (ctx.state.user.role !== 'owner') throw new Problem(403, 'Only owners of the workspace can do this.');
  await next();
};
