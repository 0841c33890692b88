import type { ClientSession } from 'mongoose';
import type { MemberRow, Models, UserRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { newId } from '../../lib/ids.ts';
import { invitationId } from './accessMails.ts';

type Role = MemberRow['role'];

/** It would leave the workspace without an owner. */
export class LastOwner extends Error {}

/** A person is one user, however many workspaces they are in. @param name of a new one */
export async function userWith(models: Models, email: string, name: string): Promise<UserRow> {
  const row: UserRow = { _id: newId(), email, name, created_at: new Date() };
  try {
    await models.User.create(row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return models.User.findOne({ email }).orFail().lean<UserRow>();
  }
}

/**
 * Makes the user a member. Somebody whose address was never proved, and who is a member elsewhere, may be anybody who was shown a
 * link there: their password and sessions end, and only a mail helps.
 * @returns false when they are one already
 */
export async function addMember(
  models: Models,
  workspaceId: string,
  user: UserRow,
  role: Role,
): Promise<boolean> {
  const _id = `${workspaceId}/${user._id}`;
  try {
    await models.Member.create({ _id, workspace_id: workspaceId, user_id: user._id, role });
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
  if (await isOnlyHere(models, workspaceId, user._id)) return true;
  // First the links: one that is being used at this moment is waited for, and what it set is taken back below.
  await models.PasswordLink.deleteMany({ user_id: user._id, workspace_id: { $ne: null } });
  const unproved = { _id: user._id, proved_at: null };
  const { matchedCount } = await models.User.updateOne(unproved, { $set: { password_hash: null } });
  if (matchedCount === 1) await models.Session.deleteMany({ user_id: user._id });
  return true;
}

/** Is a member of no other workspace. */
export async function isOnlyHere(models: Models, workspaceId: string, userId: string): Promise<boolean> {
  return !(await models.Member.exists({ user_id: userId, workspace_id: { $ne: workspaceId } }));
}

/**
 * @param check of the member as they are, in the same transaction as the change; may throw
 * @returns null when there is no such member. @throws LastOwner
 */
export async function changeRole(
  models: Models,
  workspaceId: string,
  userId: string,
  role: Role,
  check: (member: MemberRow) => void = () => undefined,
): Promise<MemberRow | null> {
  return changing(models, workspaceId, userId, async (member, session) => {
    check(member);
    if (member.role === role) return member;
    await keepAnOwner(models, member, session);
    await models.Member.updateOne({ _id: member._id }, { $set: { role } }, { session });
    return { ...member, role };
  });
}

/**
 * Ends a membership, and with it what it opened: each request asks whether its user is a member. Tokens and links of this
 * workspace are ended for good. Their personal addresses and conversations stay, and nobody sees them; whoever is made a member
 * again does.
 * @returns false when there is no such member. @throws LastOwner
 */
export async function removeMember(models: Models, workspaceId: string, userId: string): Promise<boolean> {
  const here = { workspace_id: workspaceId, user_id: userId };
  const removed = await changing(models, workspaceId, userId, async (member, session) => {
    await keepAnOwner(models, member, session);
    await models.Member.deleteOne({ _id: member._id }, { session });
    const ended = { $set: { revoked_at: new Date() } };
    await models.Token.updateMany({ ...here, revoked_at: null }, ended, { session });
    await models.PasswordLink.deleteMany(here, { session });
    await models.AccessMail.deleteOne({ _id: invitationId(workspaceId, userId) }, { session });
    return true;
  });
  return removed ?? false;
}

/**
 * Two changes at once both write the workspace's row: the later one is done again, on what the other has left.
 * @returns null when there is no such member.
 */
function changing<T>(
  models: Models,
  workspace_id: string,
  user_id: string,
  work: (member: MemberRow, session: ClientSession) => Promise<T>,
): Promise<T | null> {
  return models.connection.transaction(async (session) => {
    const member = await models.Member.findOne({ workspace_id, user_id }, null, {
      session,
    }).lean<MemberRow>();
    if (!member) return null;
    await models.Workspace.updateOne({ _id: workspace_id }, { $inc: { member_changes: 1 } }, { session });
    return work(member, session);
  });
}

async function keepAnOwner(
  models: Models,
  { workspace_id, role }: MemberRow,
  session: ClientSession,
): Promise<void> {
  if (role !== 'owner') return;
  const owners = await models.Member.countDocuments({ workspace_id, role: 'owner' }, { session });
  if (owners < 2) throw new LastOwner();
}
