import type { Models } from '../../infra/models/index.ts';
import type { Role } from '../../infra/models/workspace.ts';
import type { Audience } from '../../infra/models/workspaceEmail.ts';

/** Who asks, and in which workspace. */
export interface ApiUser {
  readonly workspaceId: string;
  readonly userId: string;
  readonly role: Role;
}

/** The user as a member of the workspace, or null when they are none (any more), or it is being deleted. */
export async function memberOf(models: Models, workspaceId: string, userId: string): Promise<ApiUser | null> {
  const here = { workspace_id: workspaceId, user_id: userId, shut_at: null };
  const member = await models.Member.findOne(here).lean();
  return member && { workspaceId, userId, role: member.role };
}

/** Tickets and shared conversations are everybody's; personal ones their owner's, whatever the role of others. */
export function audiencesOf(user: ApiUser): Audience[] {
  return ['tickets', 'shared', `owner:${user.userId}`];
}

/** Filter of threads, messages and attachments. */
export function seenBy(user: ApiUser) {
  return { workspace_id: user.workspaceId, audience: { $in: audiencesOf(user) } };
}

/** Filter of one thread: neither in the trash nor merged into another. */
export function threadsSeenBy(user: ApiUser) {
  return { ...seenBy(user), hidden: { $in: [null, 'spam' as const] } };
}

/** Filter of contacts: those known through mail that the user may see. */
export function contactsSeenBy(user: ApiUser) {
  const { workspaceId: workspace_id } = user;
  return { workspace_id, audiences: { $in: audiencesOf(user) }, merged_into: { $exists: false } };
}

/** Filter of contacts that were merged into others: each is still known by its own mail only. */
export function mergedContactsSeenBy(user: ApiUser) {
  return { ...contactsSeenBy(user), merged_into: { $exists: true } as object };
}

/**
 * Filter of inbound emails. A routed row's audiences are those where it landed. Before that they are those of the addresses
 * that it named, and where it is about to land goes before them. A row that named none is for the workspace's owners; one
 * of no workspace is the operator's alone.
 */
export function inboundEmailsSeenBy(user: ApiUser) {
  const mine = { $in: audiencesOf(user) };
  const undecided = { 'routes.0': { $exists: false } };
  const ways: object[] = [
    { state: 'routed', audiences: mine },
    { state: { $ne: 'routed' }, 'routes.lands_in': mine },
    { state: { $ne: 'routed' }, ...undecided, audiences: mine },
  ];
  if (user.role === 'owner') ways.push({ ...undecided, audiences: { $size: 0 } });
  return { workspace_id: user.workspaceId, $or: ways };
}
