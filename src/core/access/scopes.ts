import { SCOPES, type Scope } from '../../infra/models/workspace.ts';
import type { MemberRow } from '../../infra/models/index.ts';

/** Everything that a user with this role may do. A session may do all of it. */
export const scopesOf = (role: MemberRow['role']): readonly Scope[] =>
  role === 'owner' ? SCOPES : ['read', 'write'];

/**
 * What a token allows: its own scopes (null: all), but never more than its user's role, which may have
 * changed since.
 */
export function openedScopes(named: readonly Scope[] | null, role: MemberRow['role']): readonly Scope[] {
  return scopesOf(role).filter((scope) => named === null || named.includes(scope));
}
