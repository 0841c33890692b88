import type { Models, TokenRow } from '../../infra/models/index.ts';
import { hashToken, newToken } from '../../lib/tokens.ts';
import type { Scope } from '../../infra/models/workspace.ts';

/** Begins every token, so that a leaked one is recognised in a repository or a log. */
const PREFIX = 'postroom';
/** How many first characters of a token are stored, to tell tokens apart. 156 random bits stay secret. */
const SHOWN_CHARS = PREFIX.length + 1 + 6;
/** Precision of `last_used_at`: one write for each request would cost more than it is worth. */
const LAST_USED_EVERY_MS = 60_000;

export interface NewApiToken {
  workspaceId: string;
  userId: string;
  name: string;
  /** Null: everything that the user's role allows. */
  scopes: Scope[] | null;
  expiresAt: Date | null;
}

/** Makes a token. It is shown once; only its hash is stored. */
export async function createApiToken(
  models: Models,
  { workspaceId, userId, name, scopes, expiresAt }: NewApiToken,
): Promise<{ token: string; row: TokenRow }> {
  const token = newToken(PREFIX);
  const row: TokenRow = {
    _id: hashToken(token),
    workspace_id: workspaceId,
    user_id: userId,
    name,
    scopes,
    prefix: token.slice(0, SHOWN_CHARS),
    expires_at: expiresAt,
    last_used_at: null,
    revoked_at: null,
    created_at: new Date(),
  };
  await models.Token.create(row);
  return { token, row };
}

/** The token's row, if the token is valid. @param now in ms */
export async function findApiToken(
  models: Models,
  token: string,
  now = Date.now(),
): Promise<TokenRow | null> {
  const row = await models.Token.findById(hashToken(token)).lean<TokenRow>();
  if (!row || row.revoked_at) return null;
  return row.expires_at && row.expires_at.getTime() <= now ? null : row;
}

/** Records in the background that the token was used. A lost write does no harm. */
export function noteUse(models: Models, { _id, last_used_at }: TokenRow, now = Date.now()): void {
  if (last_used_at && last_used_at.getTime() > now - LAST_USED_EVERY_MS) return;
  models.Token.updateOne({ _id }, { $max: { last_used_at: new Date(now) } }).catch(() => undefined);
}

/** Revokes tokens. @returns how many were valid until now. */
export async function revokeApiTokens(
  models: Models,
  which: { workspace_id: string; user_id?: string; _id?: string },
): Promise<number> {
  const valid = { ...which, revoked_at: null };
  const { modifiedCount } = await models.Token.updateMany(valid, { $set: { revoked_at: new Date() } });
  return modifiedCount;
}
