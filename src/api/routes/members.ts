import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { changeRole, LastOwner, removeMember } from '../../core/access/members.ts';
import { notifyOfRepliesLeft } from '../../core/events/notifications/notifyOfRepliesLeft.ts';
import { Member } from '../../core/presenters/member.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { MemberRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { checkMatch } from '../etag.ts';
import { Role } from '../fields.ts';
import { findMember } from '../findMember.ts';
import { cursorAfter, ListQuery } from '../paging.ts';
import { notFound, Problem } from '../problem.ts';
import { checkRecentPassword, PASSWORD_NEEDED } from '../recentPassword.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { memberTag, showMember, showMembers } from '../showMembers.ts';

const RoleBody = z.strictObject({ role: Role });

const LAST_OWNER = { 409: 'The workspace would have no owner.' };

/** `members`, `members/{user id}`. How people become members: invitations.ts. */
export function memberRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const find = (ctx: RouterContext<ApiState>) => findMember(ctx, models);

  route(
    {
      method: 'GET',
      path: '/members',
      role: 'member',
      scope: 'read',
      summary: 'List members',
      query: ListQuery,
      answer: pageOf(Member),
    },
    async (ctx, { query: { limit, cursor } }) => {
      const after = cursor ? { user_id: { $lt: cursor[1] } } : {};
      // Ids of users sort by time, so this is newest first, by the index on workspace and user.
      const rows = await models.Member.find({ workspace_id: ctx.state.user.workspaceId, ...after })
        .sort({ user_id: -1 })
        .limit(limit + 1)
        .lean<MemberRow[]>();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        data: await showMembers(models, page),
        next_cursor: rows.length > limit && last ? cursorAfter([0, last.user_id]) : null,
      };
    },
  );

  route(
    {
      method: 'GET',
      path: '/members/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read a member',
      answer: Member,
      etag: true,
      find,
    },
    async (ctx, { row: { member } }) => {
      ctx.set('ETag', memberTag(member));
      return showMember(models, member);
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/members/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Change the role of a member',
      body: RoleBody,
      answer: Member,
      etag: true,
      refuses: { ...LAST_OWNER, 403: `To owner. ${PASSWORD_NEEDED}` },
      find,
    },
    async (ctx, { row: { member }, body: { role } }) => {
      if (role === 'owner') checkRecentPassword(ctx.state);
      const check = (read: MemberRow) => checkMatch(ctx, memberTag(read));
      const changed = await keepingAnOwner(() =>
        changeRole(models, member.workspace_id, member.user_id, role, check),
      );
      if (!changed) throw notFound();
      ctx.set('ETag', memberTag(changed));
      return showMember(models, changed);
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/members/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Remove a member',
      description:
        'Their tokens stop working. Their personal addresses and conversations stay, and nobody sees them. ' +
        'Messages of theirs that wait to be sent are sent; the owners are notified of that.',
      refuses: LAST_OWNER,
    },
    async (ctx) => {
      const { workspaceId } = ctx.state.user;
      const user_id = ctx.params.id ?? '';
      const isRemoved = await keepingAnOwner(() =>
        removeMember(models, workspaceId, user_id, (session) =>
          notifyOfRepliesLeft(models, { workspace_id: workspaceId, user_id }, session),
        ),
      );
      if (!isRemoved) throw notFound();
    },
  );
}

/** @throws Problem 409 */
async function keepingAnOwner<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LastOwner)) throw error;
    throw new Problem(409, 'The workspace needs an owner. Make another member an owner first.');
  }
}
