import { z } from 'zod';
import { openedScopes } from '../access/scopes.ts';
import { SCOPES } from '../../infra/models/workspace.ts';
import type { MemberRow, TokenRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: 'The token’s first characters.' }),
    scopes: z
      .array(z.enum(SCOPES))
      .meta({ description: 'What the token allows now: never more than its user’s role.' }),
    user_id: z.string(),
    created_at: Time,
    last_used_at: Time.nullable().meta({ description: 'To the minute.' }),
    expires_at: Time.nullable(),
  })
  .meta({ id: 'Token' });

/** A token's row as JSON; the token itself is not stored. @param role of its user, now */
export function presentToken(row: TokenRow, role: MemberRow['role']): z.input<typeof Token> {
  return {
    id: row._id,
    name: row.name,
    prefix: row.prefix,
    scopes: [...openedScopes(row.scopes, role)],
    user_id: row.user_id,
    created_at: row.created_at,
    last_used_at: row.last_used_at,
    expires_at: row.expires_at,
  };
}
