import type { Models, PasswordLinkRow } from '../../infra/models/index.ts';
import { hashToken, newToken } from '../../lib/tokens.ts';
import { hashPassword } from './passwords.ts';
import { DAY_MS, HOUR_MS } from '../../lib/time.ts';

/** How long a link works. A user who requested one is waiting for it; one who was invited may be away. */
const LASTS_MS = { invitation: 7 * DAY_MS, reset: HOUR_MS };

/**
 * Makes a link with which the user can set a password once: within seven days of an invitation, or an hour of
 * a reset. Only a hash of its token is stored.
 * @param shownTo the workspace whose owner sees the link; null: it is only mailed to the user.
 */
export async function newPasswordLink(
  models: Models,
  {
    userId,
    shownTo,
    publicUrl,
    kind = 'invitation',
  }: { userId: string; shownTo: string | null; publicUrl: string; kind?: keyof typeof LASTS_MS },
): Promise<{ url: string; expiresAt: Date }> {
  const token = newToken('password');
  const now = new Date();
  const expiresAt = new Date(now.getTime() + LASTS_MS[kind]);
  const row: PasswordLinkRow = {
    _id: hashToken(token),
    user_id: userId,
    workspace_id: shownTo,
    expires_at: expiresAt,
    created_at: now,
  };
  await models.PasswordLink.create(row);
  // In the fragment: browsers do not send it to servers, so it appears in no log.
  return { url: `${publicUrl}/password#${token}`, expiresAt };
}

/**
 * Sets the password of the link's user, and ends all their sessions and other links, in one transaction: of
 * two concurrent uses only one succeeds.
 * @returns false when the link is not valid: unknown, used, or expired.
 */
export async function usePasswordLink(models: Models, token: string, password: string): Promise<boolean> {
  const _id = hashToken(token);
  // Checked first, so that a made-up token does not cost a password hash.
  if (!(await models.PasswordLink.exists({ _id }))) return false;
  const password_hash = await hashPassword(password);
  return models.connection.transaction(async (session) => {
    const link = await models.PasswordLink.findOneAndDelete({ _id }, { session }).lean<PasswordLinkRow>();
    if (!link || link.expires_at.getTime() <= Date.now()) return false;
    const { user_id, workspace_id } = link;
    // An owner who was shown the link must not get into other workspaces of this user.
    const elsewhere = { user_id, workspace_id: { $ne: workspace_id } };
    if (workspace_id !== null && (await models.Member.exists(elsewhere).session(session))) return false;
    const change = { password_hash, ...(workspace_id === null && { proved_at: new Date() }) };
    await models.User.updateOne({ _id: user_id }, { $set: change }, { session });
    await models.PasswordLink.deleteMany({ user_id }, { session });
    await models.Session.deleteMany({ user_id }, { session });
    return true;
  });
}
