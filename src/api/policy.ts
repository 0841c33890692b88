import { scopesOf } from '../core/access/scopes.ts';
import { type Scope } from '../infra/models/workspace.ts';
import type { Role } from '../infra/models/workspace.ts';
import { ownersOnly, type Authenticate } from './auth.ts';
import type { ApiRouter } from './deps.ts';
import { Problem } from './problem.ts';

/** After `user`: 403 for a token that may not do all that its user may. One that may do less makes and ends none. */
export const wholeRole: Authenticate = async (ctx, next) => {
  const { user, scopes } = ctx.state;
  const lacking = scopesOf(user.role).filter((scope) => !scopes.includes(scope));
  if (lacking.length > 0) throw lacksScope(lacking.join(' '));
  await next();
};

/** A route's line, as the router has it. */
interface Line {
  methods: string[];
  stack: unknown[];
}

/** What a route needs of whoever calls it. */
export interface Policy {
  /** `all`: every scope of the user's role. */
  scope: Scope | 'all';
  role: Role;
}

/**
 * A route's line says what it needs: `user` for members, `ownersOnly` after it for owners. Reading needs the scope `read`;
 * changing needs `admin` where it is for owners only, else `write`; `wholeRole` asks for all.
 */
export function policyOf({ methods, stack }: Line): Policy {
  const has = (layer: Authenticate) => stack.includes(layer);
  const role = has(ownersOnly) ? 'owner' : 'member';
  if (has(wholeRole)) return { scope: 'all', role };
  if (methods.includes('GET')) return { scope: 'read', role };
  return { scope: role === 'owner' ? 'admin' : 'write', role };
}

/** A route's policy as a sentence. */
export function needsOf(layer: Line): string {
  const { scope, role } = policyOf(layer);
  const who = role === 'owner' ? 'For owners' : 'For every member';
  return scope === 'all' ? `${who}, with all scopes of their role.` : `${who}; scope \`${scope}\`.`;
}

/** Puts the check of scopes behind `user` on every route. @throws Error when a route has no `user`: a fault of the code. */
export function checkScopes(router: ApiRouter, user: Authenticate): void {
  for (const layer of router.stack) {
    const { scope } = policyOf(layer);
    const at = (layer.stack as unknown[]).indexOf(user);
    if (at === -1)
      throw new Error(`${layer.methods.join(' ')} ${layer.path.toString()} asks nobody who they are`);
    if (scope !== 'all') layer.stack.splice(at + 1, 0, may(scope));
  }
}

function may(scope: Scope): Authenticate {
  return async (ctx, next) => {
    // What a role may never do is said by `ownersOnly`: another token would not help.
    if (!ctx.state.scopes.includes(scope) && scopesOf(ctx.state.user.role).includes(scope))
      throw lacksScope(scope);
    await next();
  };
}

/** RFC 6750, 3.1. */
function lacksScope(scope: string): Problem {
  const challenge = `Bearer realm="postroom", error="insufficient_scope", scope="${scope}"`;
  return new Problem(403, `This token may not do that; it needs the scope: ${scope}.`, {
    headers: { 'WWW-Authenticate': challenge },
  });
}
