import { z } from 'zod';
import { inviteMember, waitBeforeInvitation } from '../../core/access/invitations.ts';
import { addMember, checkLogin, userWith } from '../../core/access/members.ts';
import { Member } from '../../core/presenters/member.ts';
import { Time } from '../../core/presenters/schemas.ts';
import type { MemberRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { Address, OneLine, Role } from '../fields.ts';
import { findMember } from '../findMember.ts';
import { notFound, Problem } from '../problem.ts';
import { checkRecentPassword, PASSWORD_NEEDED } from '../recentPassword.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { showMember } from '../showMembers.ts';

const NewMemberBody = z.strictObject({ email: Address, name: OneLine(200).default(''), role: Role });

const InvitedMember = Member.extend({
  password_link: z.object({ url: z.string(), expires_at: Time }).nullable().meta({
    description: 'Null for a person who has an account already: the link is only mailed to them.',
  }),
}).meta({ id: 'InvitedMember' });

const IS_MEMBER = 'This person is already a member.';
const TOO_MANY = 'The workspace has invited too many people.';

/**
 * Adding people to `members`. An owner sees the link to set a password only where it opens nothing but this
 * workspace.
 */
export function invitationRoutes(route: AddWorkspaceRoute, { models, config, limits }: RouteDeps): void {
  route(
    {
      method: 'POST',
      path: '/members',
      role: 'owner',
      scope: 'admin',
      summary: 'Add a member',
      description:
        'They are a member once they use the link that is mailed to them. For a person who is new, a link is ' +
        'also in `password_link`. Their address must ' +
        'be one whose mail Postroom does not receive, or a personal address that has been theirs for 30 days.',
      body: NewMemberBody,
      status: 201,
      answer: InvitedMember,
      idempotency: 'answer kept',
      refuses: { 403: `Of an owner. ${PASSWORD_NEEDED}`, 409: IS_MEMBER, 429: TOO_MANY },
    },
    async (ctx, { body: { email, name, role } }) => {
      const { workspaceId } = ctx.state.user;
      if (role === 'owner') checkRecentPassword(ctx.state);
      await limits.invitations.take(workspaceId);
      await checkLogin(models, email, config.platformDomain);
      const person = await userWith(models, email, name);
      if (!(await addMember(models, workspaceId, person, { role, pending: true, name })))
        throw new Problem(409, IS_MEMBER);
      return invite(workspaceId, person._id);
    },
  );

  route(
    {
      method: 'POST',
      path: '/members/:id/invitation',
      role: 'owner',
      scope: 'admin',
      summary: 'Invite a member again',
      description: 'A new link is mailed to them.',
      status: 202,
      answer: InvitedMember,
      idempotency: 'answer kept',
      refuses: {
        409: 'This person has accepted.',
        429: `They were invited within the last minute. ${TOO_MANY}`,
      },
      find: (ctx) => findMember(ctx, models),
    },
    async (ctx, { row: { person, member } }) => {
      const { workspaceId } = ctx.state.user;
      if (!member.pending_since && person.password_hash)
        throw new Problem(409, 'This person has accepted and can sign in, so they need no invitation.');
      const waitMs = await waitBeforeInvitation(models, workspaceId, person._id);
      if (waitMs > 0) {
        const seconds = String(Math.ceil(waitMs / 1000));
        throw new Problem(429, `They were invited within the last minute. Try again in ${seconds} s.`, {
          headers: { 'Retry-After': seconds },
        });
      }
      await limits.invitations.take(workspaceId);
      return invite(workspaceId, person._id);
    },
  );

  async function invite(workspaceId: string, userId: string): Promise<z.input<typeof InvitedMember>> {
    const link = await inviteMember(models, { workspaceId, userId, publicUrl: config.publicUrl });
    const filter = { workspace_id: workspaceId, user_id: userId };
    const member = await models.Member.findOne(filter).lean<MemberRow>();
    if (!member) throw notFound();
    const shown = await showMember(models, member);
    return { ...shown, password_link: link && { url: link.url, expires_at: link.expiresAt } };
  }
}
