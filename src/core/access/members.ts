import type { ClientSession } from 'mongoose';
import type { MemberRow, Models, UserRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { ACCEPTED } from '../../infra/models/workspace.ts';
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

/** How somebody becomes a member. */
interface Addition {
  role: Role;
  /** They have no access until they accept with a link that is mailed to them. */
  pending: boolean;
  /** What the owner who adds them calls them. */
  name: string;
}

/**
 * Adds the user to the workspace. Nothing of theirs changes by that: not their password, not their sessions.
 * @returns false when the user has been added already.
 */
export async function addMember(
  models: Models,
  workspaceId: string,
  { _id: user_id }: UserRow,
  { role, pending, name }: Addition,
): Promise<boolean> {
  const _id = `${workspaceId}/${user_id}`;
  const waits = pending ? { pending_since: new Date(), invited_name: name } : {};
  try {
    await models.Member.create({ _id, workspace_id: workspaceId, user_id, role, ...waits });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Accepts an invitation. Idempotent. @returns false when there is none (any more). */
export async function acceptMembership(
  models: Models,
  workspaceId: string,
  userId: string,
  session: ClientSession,
): Promise<boolean> {
  const { matchedCount } = await models.Member.updateOne(
    { _id: `${workspaceId}/${userId}` },
    { $set: { pending_since: null, invited_name: null } },
    { session },
  );
  return matchedCount === 1;
}

/** Whether the user is a member of another workspace, where they have accepted. */
export async function isMemberElsewhere(
  models: Models,
  workspaceId: string,
  userId: string,
  session: ClientSession,
): Promise<boolean> {
  const elsewhere = { user_id: userId, workspace_id: { $ne: workspaceId }, ...ACCEPTED };
  return (await models.Member.exists(elsewhere).session(session)) !== null;
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
    const links = { user_id: userId, $or: [{ workspace_id: workspaceId }, { accepts: workspaceId }] };
    await models.PasswordLink.deleteMany(links, { session });
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
  { workspace_id, role, pending_since }: MemberRow,
  session: ClientSession,
): Promise<void> {
  if (role !== 'owner' || pending_since) return;
  const accepted = { workspace_id, role: 'owner' as const, ...ACCEPTED };
  const owners = await models.Member.countDocuments(accepted, { session });
  if (owners < 2) throw new LastOwner();
}
