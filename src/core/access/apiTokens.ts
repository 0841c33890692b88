import type { ClientSession } from 'mongoose';
import type { Models, TokenRow, UserRow } from '../../infra/models/index.ts';
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
  /** It is made in a session, or by a token that was. */
  madeInSession?: boolean;
}

/** Makes a token. It is shown once; only its hash is stored. */
export async function createApiToken(
  models: Models,
  { workspaceId, userId, name, scopes, expiresAt, madeInSession = false }: NewApiToken,
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
    made_in_session: madeInSession,
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

/**
 * The valid tokens of a user, in all their workspaces.
 * @param now in ms
 */
export async function validTokensOf(models: Models, userId: string, now = Date.now()): Promise<TokenRow[]> {
  const members = await models.Member.find({ user_id: userId }, { workspace_id: 1 }).lean();
  const workspace_id = { $in: members.map((member) => member.workspace_id) };
  const tokens = await models.Token.find({ workspace_id, user_id: userId, revoked_at: null })
    .sort({ created_at: -1 })
    .lean<TokenRow[]>();
  return tokens.filter(({ expires_at }) => !expires_at || expires_at.getTime() > now);
}

/**
 * Ends the tokens that a user's sessions have made since the user last proved who they are: whoever had such
 * a session may have made them.
 */
export async function endSessionTokens(
  models: Models,
  { _id: user_id, proved_at }: Pick<UserRow, '_id' | 'proved_at'>,
  session?: ClientSession,
): Promise<void> {
  const options = session ? { session } : {};
  const members = await models.Member.find({ user_id }, { workspace_id: 1 }, options).lean();
  await models.Token.updateMany(
    {
      workspace_id: { $in: members.map(({ workspace_id }) => workspace_id) },
      user_id,
      revoked_at: null,
      made_in_session: true,
      created_at: { $gt: proved_at ?? new Date(0) },
    },
    { $set: { revoked_at: new Date() } },
    options,
  );
}
