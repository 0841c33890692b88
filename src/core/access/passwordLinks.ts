import type { ClientSession, QueryFilter } from 'mongoose';
import type { Models, PasswordLinkRow, UserRow } from '../../infra/models/index.ts';
import { hashToken, newToken } from '../../lib/tokens.ts';
import { wantTokenList } from './accessMails.ts';
import { endSessionTokens, validTokensOf } from './apiTokens.ts';
import { acceptMembership, isMemberElsewhere } from './members.ts';
import { hashPassword } from './passwords.ts';
import { DAY_MS, HOUR_MS } from '../../lib/time.ts';

/** How long a link works. A user who requested one is waiting for it; one who was invited may be away. */
const LASTS_MS = { invitation: 7 * DAY_MS, reset: HOUR_MS };

interface NewLink {
  userId: string;
  /** The workspace whose owner sees the link; null: it is only mailed to the user. */
  shownTo: string | null;
  /** The workspace whose invitation its use accepts; null: none. */
  accepts: string | null;
  publicUrl: string;
}

/**
 * Makes a link with which the user can set a password once: within seven days of an invitation, or an hour of
 * a reset. Only a hash of its token is stored.
 */
export const newPasswordLink = (models: Models, link: NewLink): Promise<Link> =>
  newLink(models, link, { page: 'password', keeps_password: false });

/** Makes a link with which a user who has a password accepts an invitation once, within seven days. */
export const newJoinLink = (models: Models, link: Omit<NewLink, 'shownTo'>): Promise<Link> =>
  newLink(models, { ...link, shownTo: null }, { page: 'join', keeps_password: true });

/** Makes a link with which a user ends their API tokens once, within seven days. */
export const newEndTokensLink = (
  models: Models,
  { userId, publicUrl }: Pick<NewLink, 'userId' | 'publicUrl'>,
): Promise<Link> =>
  newLink(
    models,
    { userId, publicUrl, shownTo: null, accepts: null },
    { page: 'end-tokens', keeps_password: true },
  );

interface Link {
  url: string;
  expiresAt: Date;
}

async function newLink(
  models: Models,
  { userId, shownTo, accepts, publicUrl }: NewLink,
  { page, keeps_password }: { page: 'password' | 'join' | 'end-tokens'; keeps_password: boolean },
): Promise<Link> {
  const token = newToken(page);
  const now = new Date();
  const isReset = accepts === null && page === 'password';
  const expiresAt = new Date(now.getTime() + (isReset ? LASTS_MS.reset : LASTS_MS.invitation));
  const row: PasswordLinkRow = {
    _id: hashToken(token),
    user_id: userId,
    workspace_id: shownTo,
    accepts,
    keeps_password,
    ends_tokens: page === 'end-tokens',
    expires_at: expiresAt,
    created_at: now,
  };
  await models.PasswordLink.create(row);
  // In the fragment: browsers do not send it to servers, so it appears in no log.
  return { url: `${publicUrl}/${page}#${token}`, expiresAt };
}

/** Uses a link up. @returns null when it is not valid: unknown, used, or expired */
async function takeLink(
  { PasswordLink }: Models,
  filter: QueryFilter<PasswordLinkRow>,
  session?: ClientSession,
): Promise<PasswordLinkRow | null> {
  const options = session ? { session } : {};
  const link = await PasswordLink.findOneAndDelete(filter, options).lean<PasswordLinkRow>();
  return link && link.expires_at.getTime() > Date.now() ? link : null;
}

/**
 * Sets the password of the link's user, accepts the invitation that it came with, and ends all their sessions
 * and other links, and the tokens that their sessions have made, in one transaction: of two concurrent uses
 * only one succeeds.
 * @returns false when the link is not valid: unknown, used, or expired.
 */
export async function usePasswordLink(models: Models, token: string, password: string): Promise<boolean> {
  const _id = hashToken(token);
  const setsPassword = { _id, keeps_password: { $ne: true } };
  // Checked first, so that a made-up token does not cost a password hash.
  if (!(await models.PasswordLink.exists(setsPassword))) return false;
  const password_hash = await hashPassword(password);
  return models.connection.transaction(async (session) => {
    const link = await takeLink(models, setsPassword, session);
    if (!link) return false;
    const { user_id, workspace_id, accepts = null } = link;
    // An owner who was shown the link must not get into an account that its user has, or other workspaces.
    const user = await models.User.findById(user_id, null, { session }).lean<UserRow>();
    if (!user) return false;
    if (workspace_id !== null) {
      if (user.password_hash || (await isMemberElsewhere(models, workspace_id, user_id, session)))
        return false;
    }
    await endSessionTokens(models, user, session);
    const change = { password_hash, ...(workspace_id === null && { proved_at: new Date() }) };
    await models.User.updateOne({ _id: user_id }, { $set: change }, { session });
    if (accepts !== null) await acceptMembership(models, accepts, user_id, session);
    await models.PasswordLink.deleteMany({ user_id }, { session });
    await models.Session.deleteMany({ user_id }, { session });
    await wantTokenList(models, user, session);
    return true;
  });
}

/**
 * Accepts an invitation with a link that was mailed to the user; their password and sessions stay.
 * @returns false when the link is not valid: unknown, used, or expired.
 */
export async function useJoinLink(models: Models, token: string): Promise<boolean> {
  return models.connection.transaction(async (session) => {
    const joins = { _id: hashToken(token), keeps_password: true, accepts: { $ne: null } };
    const link = await takeLink(models, joins, session);
    if (!link?.accepts) return false;
    return acceptMembership(models, link.accepts, link.user_id, session);
  });
}

/**
 * Ends the API tokens of a user that were valid when the link was made.
 * @returns false when the link is not valid: unknown, used, or expired.
 */
export async function useEndTokensLink(models: Models, token: string): Promise<boolean> {
  const ends = { _id: hashToken(token), ends_tokens: true };
  const link = await takeLink(models, ends);
  if (!link) return false;
  const tokens = await validTokensOf(models, link.user_id);
  const listed = tokens.filter(({ created_at }) => created_at <= link.created_at).map(({ _id }) => _id);
  await models.Token.updateMany({ _id: { $in: listed } }, { $set: { revoked_at: new Date() } });
  return true;
}
