import type { Models, UserRow } from '../../infra/models/index.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { invitationId, wantInvitation } from './accessMails.ts';
import { isOnlyHere } from './members.ts';
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
 * this workspace: they have a password, or are members elsewhere
 */
export async function inviteMember(
  models: Models,
  { workspaceId, userId, publicUrl }: { workspaceId: string; userId: string; publicUrl: string },
): Promise<{ url: string; expiresAt: Date } | null> {
  // Read again: adding the member may have removed their password.
  const person = await models.User.findById(userId).orFail().lean<UserRow>();
  await wantInvitation(models, { workspaceId, userId, email: person.email });
  const mayShowLink = !person.password_hash && (await isOnlyHere(models, workspaceId, userId));
  return mayShowLink ? newPasswordLink(models, { userId, shownTo: workspaceId, publicUrl }) : null;
}
