import { scopesOf } from '../core/access/scopes.ts';
import { ROLES, SCOPES, type Role, type Scope } from '../infra/models/workspace.ts';
import type { Authenticate } from './auth.ts';
import { Problem } from './problem.ts';

/** What a route of a workspace asks of its caller. */
export interface Policy {
  /** `member`: every member, owners among them. */
  role: Role;
  /** Scope that a token must have. `all`: every scope of its user's role. */
  scope: Scope | 'all';
}

/**
 * Middleware that checks a policy; runs after authentication.
 * @throws Error when a route has no policy (which the types refuse too), or one that its role cannot meet
 */
export function checksOf({ role, scope }: Policy): Authenticate[] {
  if (!ROLES.includes(role) || !['all', ...SCOPES].includes(scope))
    throw new Error('A route must say which role and which scope it needs.');
  // `needsScope` leaves such a caller to `ownersOnly`, which a route for members does not have.
  if (scope !== 'all' && !scopesOf(role).includes(scope))
    throw new Error(`A route for the role ${role} cannot need the scope ${scope}: the role lacks it.`);
  const roleCheck = role === 'owner' ? [ownersOnly] : [];
  return scope === 'all' ? [...roleCheck, wholeRole] : [needsScope(scope), ...roleCheck];
}

/** A policy as a sentence. */
export function sentenceOf({ role, scope }: Policy): string {
  const who = role === 'owner' ? 'For owners' : 'For every member';
  return scope === 'all' ? `${who}, with all scopes of their role.` : `${who}; scope \`${scope}\`.`;
}

const ownersOnly: Authenticate = async (ctx, next) => {
  if (ctx.state.user.role !== 'owner') throw new Problem(403, 'Only owners of the workspace can do this.');
  await next();
};

/**
 * Refuses a token with fewer scopes than its user's role has: such a token neither creates nor revokes
 * tokens.
 */
const wholeRole: Authenticate = async (ctx, next) => {
  const { user, scopes } = ctx.state;
  const missing = scopesOf(user.role).filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) throw lacksScope(missing.join(' '));
  await next();
};

function needsScope(scope: Scope): Authenticate {
  return async (ctx, next) => {
    // Where the role itself lacks the scope, `ownersOnly` refuses: another token would not help.
    if (!ctx.state.scopes.includes(scope) && scopesOf(ctx.state.user.role).includes(scope))
      throw lacksScope(scope);
    await next();
  };
}

/** RFC 6750, 3.1. */
function lacksScope(scope: string): Problem {
  const challenge = `Bearer realm="postroom", error="insufficient_scope", scope="${scope}"`;
  return new Problem(403, `This token may not do this. It needs the scope: ${scope}.`, {
    headers: { 'WWW-Authenticate': challenge },
  });
}
