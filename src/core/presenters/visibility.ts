import { ACCEPTED } from '../../infra/models/workspace.ts';
import type { Models } from '../../infra/models/index.ts';
import type { Role } from '../../infra/models/workspace.ts';
import type { Audience } from '../../infra/models/workspaceEmail.ts';

/** The user who makes a request, and the workspace that the request is about. */
export interface ApiUser {
  readonly workspaceId: string;
  readonly userId: string;
  readonly role: Role;
  /** Of the workspace; none where it is left out. */
  readonly teamIds?: readonly string[];
  /** The API token that the request came with; none for a session. */
  readonly tokenId?: string;
}

/**
 * The user as a member of the workspace; null when they are not a member (yet), or it is being deleted.
 */
export async function memberOf(models: Models, workspaceId: string, userId: string): Promise<ApiUser | null> {
  const here = { workspace_id: workspaceId, user_id: userId, shut_at: null, ...ACCEPTED };
  const member = await models.Member.findOne(here).lean();
  return member && { workspaceId, userId, role: member.role, teamIds: member.team_ids };
}

/**
 * All members see tickets and shared conversations. Only its owner sees a personal one, and only its team
 * what is a team's, also if others are owners of the workspace.
 */
export function audiencesOf(user: ApiUser): Audience[] {
  return ['tickets', 'shared', `owner:${user.userId}`, ...(user.teamIds ?? []).map(teamAudience)];
}

const teamAudience = (team: string): Audience => `team:${team}`;

/** Whether tickets, or conversations, can have this audience. */
export const mayHave = (kind: 'ticket' | 'conversation', audience: string): boolean =>
  audience.startsWith('team:') || (audience === 'tickets') === (kind === 'ticket');

/** Filter for the threads, messages and attachments that the user may see. */
export function seenBy(user: ApiUser) {
  return { workspace_id: user.workspaceId, audience: { $in: audiencesOf(user) } };
}

/**
 * Filter for messages of these threads that the user may see. Stand-in: docs/decisions/stand-in-database.md
 * Only the first two fields of the index stand beside each other.
 */
export function messagesSeenBy(user: ApiUser, threadIds: string[], more: object) {
  const { workspace_id, audience } = seenBy(user);
  return { workspace_id, thread_id: { $in: threadIds }, $and: [{ workspace_id }, { audience, ...more }] };
}

/** Filter for threads that the user may see and that are neither in the trash nor merged into another one. */
export function threadsSeenBy(user: ApiUser) {
  return { ...seenBy(user), hidden: { $in: [null, 'spam' as const] } };
}

/** Filter for contacts that are known through mail which the user may see. */
export function contactsSeenBy(user: ApiUser) {
  const { workspaceId: workspace_id } = user;
  return { workspace_id, audiences: { $in: audiencesOf(user) }, merged_into: { $exists: false } };
}

/**
 * Filter for contacts that were merged into others. Each of them still needs mail of its own that the user
 * may see.
 */
export function mergedContactsSeenBy(user: ApiUser) {
  return { ...contactsSeenBy(user), merged_into: { $exists: true } as object };
}

/**
 * Filter for inbound emails that the user may see. A routed one belongs to the audiences where it landed.
 * Before that it belongs to those where it will land, if its routes are decided, else to those of the
 * addresses that it names. One that names no address is for the workspace's owners; one of no workspace is
 * for the operator only.
 */
export function inboundEmailsSeenBy(user: ApiUser) {
  const audience = { $in: audiencesOf(user) };
  const undecided = { 'routes.0': { $exists: false } };
  const cases: object[] = [
    { state: 'routed', audiences: audience },
    { state: { $ne: 'routed' }, 'routes.lands_in': audience },
    { state: { $ne: 'routed' }, ...undecided, audiences: audience },
  ];
  if (user.role === 'owner') cases.push({ ...undecided, audiences: { $size: 0 } });
  return { workspace_id: user.workspaceId, $or: cases };
}
