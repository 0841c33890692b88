import type { MemberRow } from '../models/index.ts';

/** What a token may be for. None implies another: a token that only makes tickets need not read any. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Everything that somebody with this role may do; a session may all of it. */
export const scopesOf = (role: MemberRow['role']): readonly Scope[] =>
  role === 'owner' ? SCOPES : ['read', 'write'];

/** What a token opens: what it names (null: all), and never more than its user's role, which may have changed since. */
export function openedScopes(named: readonly Scope[] | null, role: MemberRow['role']): readonly Scope[] {
  return scopesOf(role).filter((scope) => named === null || named.includes(scope));
}
