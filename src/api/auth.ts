import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { Context } from 'koa';
import { findApiToken, noteUse } from '../core/access/apiTokens.ts';
import { openedScopes, scopesOf } from '../core/access/scopes.ts';
import { type Scope } from '../infra/models/workspace.ts';
import type { Models, SessionRow } from '../infra/models/index.ts';
import { showLimit, type Limits } from './limits.ts';
import { notFound, Problem } from './problem.ts';
import { sessionOf, sessionToken } from './sessionCookie.ts';
import { memberOf, type ApiUser } from '../core/presenters/visibility.ts';

/** What a handler finds in `ctx.state`. */
export interface ApiState {
  user: ApiUser;
  /** What the token or session may do, at most what the user may. */
  scopes: readonly Scope[];
}
export type Authenticate = RouterMiddleware<ApiState>;

interface AuthDeps {
  models: Models;
  config: { publicUrl: string };
  limits: Limits;
}

/**
 * `Authorization: Bearer <token>` (RFC 6750), or the cookie of a session. 401 without one that is known, neither revoked nor over
 * its time, and of somebody who is still a member; 403 for a change with a cookie that no page of ours asks for; 404 when the
 * path's workspace is another; 429 over the limit of requests.
 */
export function authenticate(deps: AuthDeps): Authenticate {
  return async (ctx, next) => {
    const byCookie = ctx.get('Authorization') === '' && sessionToken(ctx, deps.config) !== undefined;
    Object.assign(ctx.state, await (byCookie ? bySession(ctx, deps) : byToken(ctx, deps)));
    await next();
  };
}

async function byToken(ctx: RouterContext<ApiState>, { models, limits }: AuthDeps): Promise<ApiState> {
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(ctx.get('Authorization'))?.[1];
  if (!token) throw unauthorized('This needs an `Authorization: Bearer` header with a token.');
  const row = await findApiToken(models, token);
  if (!row) throw unauthorized('This token is not known, was revoked, or its time is over.', true);
  showLimit(ctx, limits.requests, await limits.requests.take(row._id));
  const user = await memberOf(models, row.workspace_id, row.user_id);
  if (!user) throw unauthorized('The user of this token is no longer a member.', true);
  if (user.workspaceId !== ctx.params.workspace_id) throw notFound();
  noteUse(models, row);
  return { user, scopes: openedScopes(row.scopes ?? null, user.role) };
}

async function bySession(ctx: RouterContext<ApiState>, deps: AuthDeps): Promise<ApiState> {
  const { user_id } = await takeSession(ctx, deps);
  const user = await memberOf(deps.models, ctx.params.workspace_id ?? '', user_id);
  if (!user) throw notFound();
  return { user, scopes: scopesOf(user.role) };
}

/** The session of the cookie, one request of which is counted. @throws Problem 401, 403, 429 */
async function takeSession(ctx: Context, { models, config, limits }: AuthDeps): Promise<SessionRow> {
  const session = await sessionOf(ctx, config, models);
  if (!session) throw unauthorized('You are not signed in, or no longer.');
  showLimit(ctx, limits.requests, await limits.requests.take(session._id));
  return session;
}

/** What a handler of the account's own routes finds. */
export interface AccountState {
  session: SessionRow;
}

/** For what is a person's and no workspace's: only with the cookie of a session. 401, 403, 429 as above. */
export function signedIn(deps: AuthDeps): RouterMiddleware<AccountState> {
  return async (ctx, next) => {
    ctx.state.session = await takeSession(ctx, deps);
    await next();
  };
}

export function unauthorized(detail: string, given = false): Problem {
  const challenge = `Bearer realm="postroom"${given ? ', error="invalid_token"' : ''}`;
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}

/** After `user`: 403 for members who are no owners. */
export const ownersOnly: Authenticate = async (ctx, next) => {
  if (ctx.state.user.role !== 'owner') throw new Problem(403, 'Only owners of the workspace can do this.');
  await next();
};
