import { openedScopes } from '../../access/scopes.ts';
import type { MemberRow, TokenRow } from '../../models/index.ts';

/** A token, without the token. @param role of its user, now */
export function presentToken(row: TokenRow, role: MemberRow['role']) {
  return {
    id: row._id,
    name: row.name ?? '',
    prefix: row.prefix ?? '',
    scopes: openedScopes(row.scopes ?? null, role),
    user_id: row.user_id,
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}
