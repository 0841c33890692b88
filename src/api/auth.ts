import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { Context } from 'koa';
import { findApiToken, noteUse } from '../core/access/apiTokens.ts';
import { openedScopes, scopesOf } from '../core/access/scopes.ts';
import { memberOf, type ApiUser } from '../core/presenters/visibility.ts';
import type { Models, SessionRow } from '../infra/models/index.ts';
import type { Scope } from '../infra/models/workspace.ts';
import { showLimit, type Limits } from './limits.ts';
import { notFound, Problem } from './problem.ts';
import { sessionOf, sessionToken } from './sessionCookie.ts';

/** `ctx.state` in a route of a workspace. */
export interface ApiState {
  user: ApiUser;
  /** What the token or session may do: never more than the user's role. */
  scopes: readonly Scope[];
  /** Null: the request came with a token. */
  session: SessionRow | null;
}
export type Authenticate = RouterMiddleware<ApiState>;

/** `ctx.state` in a route of a person's account that asks for a session. */
export interface AccountState {
  session: SessionRow;
}

interface AuthDeps {
  models: Models;
  config: { publicUrl: string };
  limits: Limits;
}

/**
 * `Authorization: Bearer <token>` (RFC 6750), or the cookie of a session.
 * @throws Problem 401: the token or session is unknown, revoked or expired, or its user is no longer a
 * member. 403: a change with a cookie that does not come from one of our pages. 404: the path names another
 * workspace. 429: over the limit of requests
 */
export function authenticate(deps: AuthDeps): Authenticate {
  return async (ctx, next) => {
    const hasCookieOnly = ctx.get('Authorization') === '' && sessionToken(ctx, deps.config) !== undefined;
    Object.assign(ctx.state, await (hasCookieOnly ? bySession(ctx, deps) : byToken(ctx, deps)));
    await next();
  };
}

async function byToken(ctx: RouterContext<ApiState>, { models, limits }: AuthDeps): Promise<ApiState> {
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(ctx.get('Authorization'))?.[1];
  if (!token) throw unauthorized('Send a token in the header `Authorization: Bearer <token>`.');
  const row = await findApiToken(models, token);
  if (!row) throw unauthorized('This token is unknown, was revoked, or has expired.', true);
  showLimit(ctx, limits.requests, await limits.requests.take(row._id));
  const user = await memberOf(models, row.workspace_id, row.user_id);
  if (!user) throw unauthorized('The user of this token is no longer a member of the workspace.', true);
  if (user.workspaceId !== ctx.params.workspace_id) throw notFound();
  noteUse(models, row);
  return { user: { ...user, tokenId: row._id }, scopes: openedScopes(row.scopes, user.role), session: null };
}

async function bySession(ctx: RouterContext<ApiState>, deps: AuthDeps): Promise<ApiState> {
  const session = await takeSession(ctx, deps);
  const user = await memberOf(deps.models, ctx.params.workspace_id ?? '', session.user_id);
  if (!user) throw notFound();
  return { user, scopes: scopesOf(user.role), session };
}

/** The session of the cookie; counts one request against its limit. @throws Problem 401, 403, 429 */
async function takeSession(ctx: Context, { models, config, limits }: AuthDeps): Promise<SessionRow> {
  const session = await sessionOf(ctx, config, models);
  if (!session) throw unauthorized('You are not signed in, or your session has ended. Sign in again.');
  showLimit(ctx, limits.requests, await limits.requests.take(session._id));
  return session;
}

/**
 * For routes of a person rather than of a workspace: only with the cookie of a session.
 * @throws Problem 401, 403, 429
 */
export function signedIn(deps: AuthDeps): RouterMiddleware<AccountState> {
  return async (ctx, next) => {
    ctx.state.session = await takeSession(ctx, deps);
    await next();
  };
}

/** @param hadToken whether the request had a token, which was refused (RFC 6750, 3.1) */
export function unauthorized(detail: string, hadToken = false): Problem {
  const challenge = `Bearer realm="postroom"${hadToken ? ', error="invalid_token"' : ''}`;
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}
