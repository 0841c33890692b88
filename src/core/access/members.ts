import type { ClientSession } from 'mongoose';
import type { MemberRow, Models, UserRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { newId } from '../../lib/ids.ts';
import { whyNoAccessMail } from '../platformMail/receivedHere.ts';
import { Unfit } from '../replies/draft.ts';
import { invitationId } from './accessMails.ts';

type Role = MemberRow['role'];

/** The change would leave the workspace without an owner. */
export class LastOwner extends Error {}

/** @throws Unfit when links for the user with this login could be read by others */
export async function checkLogin(models: Models, email: string, platformDomain: string): Promise<void> {
  const user = await models.User.findOne({ email }, { _id: 1 }).lean();
  const reason = await whyNoAccessMail(models, { email, userId: user?._id ?? null }, platformDomain);
  if (reason !== null) throw new Unfit('email', reason);
}

/**
 * The user with this address; makes one if there is none. A person is one user in all workspaces.
 * @param name of a new one
 */
export async function userWith(models: Models, email: string, name: string): Promise<UserRow> {
  const row: UserRow = {
    _id: newId(),
    email,
    name,
    password_hash: null,
    proved_at: null,
    created_at: new Date(),
  };
  try {
    await models.User.create(row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return models.User.findOne({ email }).orFail().lean<UserRow>();
  }
}

/**
 * Makes the user a member. If the user is a member elsewhere and their address was never proved, their
 * password may have been set by anybody to whom an owner showed a link there: then password and sessions end,
 * and only a link that is mailed to the address gives access again.
 * @returns false when the user is a member already.
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
  // Links first: one that is in use right now ends its transaction before this, and its password is removed
  // below.
  await models.PasswordLink.deleteMany({ user_id: user._id, workspace_id: { $ne: null } });
  const unproved = { _id: user._id, proved_at: null };
  const { matchedCount } = await models.User.updateOne(unproved, { $set: { password_hash: null } });
  if (matchedCount === 1) await models.Session.deleteMany({ user_id: user._id });
  return true;
}

/** Whether the user is a member of no other workspace. */
export async function isOnlyHere(models: Models, workspaceId: string, userId: string): Promise<boolean> {
  return !(await models.Member.exists({ user_id: userId, workspace_id: { $ne: workspaceId } }));
}

/**
 * @param check is given the member in the same transaction as the change; may throw.
 * @returns null when there is no such member. @throws LastOwner
 */
export async function changeRole(
  models: Models,
  workspaceId: string,
  userId: string,
  role: Role,
  check: (member: MemberRow) => void = () => undefined,
): Promise<MemberRow | null> {
  return changeMember(models, workspaceId, userId, async (member, session) => {
    check(member);
    if (member.role === role) return member;
    await keepAnOwner(models, member, session);
    await models.Member.updateOne({ _id: member._id }, { $set: { role } }, { session });
    return { ...member, role };
  });
}

/** Work in the transaction that removes a member. */
type Together = (session: ClientSession) => Promise<void>;

/**
 * Ends a membership. The user loses access at once, because each request checks that its user is a member;
 * tokens and links of this workspace are ended for good. The user's personal addresses and conversations
 * stay, seen by nobody, until the user is made a member again. Messages of theirs that wait are sent.
 * @returns false when there is no such member. @throws LastOwner
 */
export async function removeMember(
  models: Models,
  workspaceId: string,
  userId: string,
  together: Together = () => Promise.resolve(),
): Promise<boolean> {
  const here = { workspace_id: workspaceId, user_id: userId };
  const removed = await changeMember(models, workspaceId, userId, async (member, session) => {
    await keepAnOwner(models, member, session);
    await models.Member.deleteOne({ _id: member._id }, { session });
    const ended = { $set: { revoked_at: new Date() } };
    await models.Token.updateMany({ ...here, revoked_at: null }, ended, { session });
    await models.PasswordLink.deleteMany(here, { session });
    await models.AccessMail.deleteOne({ _id: invitationId(workspaceId, userId) }, { session });
    await together(session);
    return true;
  });
  return removed ?? false;
}

/**
 * Changes a member in a transaction. Each change writes the workspace's row, so that of two concurrent ones
 * the later is retried and sees what the other has done.
 * @returns null when there is no such member.
 */
function changeMember<T>(
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
