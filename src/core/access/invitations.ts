import type { Models, UserRow } from '../../infra/models/index.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { invitationId, wantInvitation } from './accessMails.ts';
import { newPasswordLink } from './passwordLinks.ts';

/** Shortest time between two invitations of the same person. */
const RESEND_AFTER_MS = MINUTE_MS;

/** How long to wait before the member may be invited again (ms); 0 = not at all. */
export async function waitBeforeInvitation(
  models: Models,
  workspaceId: string,
  userId: string,
): Promise<number> {
  const mail = await models.AccessMail.findById(invitationId(workspaceId, userId)).lean();
  return Math.max(0, (mail?.wanted_at.getTime() ?? 0) + RESEND_AFTER_MS - Date.now());
}

/**
 * Requests a mail that invites a member.
 * @returns a link to set their password, for the owner who invites them; null when it could open more than
 * this workspace: they have a password or personal mail, or were added elsewhere. Then it is only mailed.
 */
export async function inviteMember(
  models: Models,
  { workspaceId, userId, publicUrl }: { workspaceId: string; userId: string; publicUrl: string },
): Promise<{ url: string; expiresAt: Date } | null> {
  const person = await models.User.findById(userId).orFail().lean<UserRow>();
  await wantInvitation(models, { workspaceId, userId, email: person.email });
  if (await hasAccount(models, workspaceId, person)) return null;
  return newPasswordLink(models, { userId, shownTo: workspaceId, accepts: workspaceId, publicUrl });
}

async function hasAccount(
  models: Models,
  workspace_id: string,
  { _id: user_id, password_hash, proved_at }: UserRow,
): Promise<boolean> {
  if (password_hash !== null || proved_at !== null) return true;
  const [elsewhere, address, mail] = await Promise.all([
    models.Member.exists({ user_id, workspace_id: { $ne: workspace_id } }),
    models.WorkspaceEmail.exists({ workspace_id, user_id }),
    models.Conversation.exists({ workspace_id, audience: `owner:${user_id}` }),
  ]);
  return Boolean(elsewhere ?? address ?? mail);
}
