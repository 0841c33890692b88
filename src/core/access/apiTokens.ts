import type { Models, TokenRow } from '../../infra/models/index.ts';
import { hashToken, newToken } from '../../lib/tokens.ts';
import type { Scope } from '../../infra/models/workspace.ts';

/** What every token begins with: whoever finds `postroom_…` in a repository or a log knows what leaked. */
const PREFIX = 'postroom';
/** Of a token these many first characters stay readable, so that one of several can be told; 156 random bits are not. */
const SHOWN_CHARS = PREFIX.length + 1 + 6;
/** How exact `last_used_at` is; a write for each request would cost more than it tells. */
const LAST_USED_EVERY_MS = 60_000;

export interface NewApiToken {
  workspaceId: string;
  userId: string;
  name: string;
  /** Null: all that the user's role may do. */
  scopes: Scope[] | null;
  expiresAt: Date | null;
}

/** Makes a token. It is shown once; what is kept is its hash. */
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

/** The token's row, while it counts. @param now in ms */
export async function findApiToken(
  models: Models,
  token: string,
  now = Date.now(),
): Promise<TokenRow | null> {
  const row = await models.Token.findById(hashToken(token)).lean<TokenRow>();
  if (!row || row.revoked_at) return null;
  return row.expires_at && row.expires_at.getTime() <= now ? null : row;
}

/** Notes that it was used. Nobody waits for it, and a note that is lost is no harm. */
export function noteUse(models: Models, { _id, last_used_at }: TokenRow, now = Date.now()): void {
  if (last_used_at && last_used_at.getTime() > now - LAST_USED_EVERY_MS) return;
  models.Token.updateOne({ _id }, { $max: { last_used_at: new Date(now) } }).catch(() => undefined);
}

/** They open nothing from now on. @returns how many did until now. */
export async function revokeApiTokens(
  models: Models,
  which: { workspace_id: string; user_id?: string; _id?: string },
): Promise<number> {
  const living = { ...which, revoked_at: null };
  const { modifiedCount } = await models.Token.updateMany(living, { $set: { revoked_at: new Date() } });
  return modifiedCount;
}
