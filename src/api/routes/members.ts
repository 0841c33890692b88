import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { invitationId, wantInvitation } from '../../core/access/accessMails.ts';
import {
  addMember,
  changeRole,
  isOnlyHere,
  LastOwner,
  removeMember,
  userWith,
} from '../../core/access/members.ts';
import { newPasswordLink } from '../../core/access/passwordLinks.ts';
import type { MemberRow, UserRow } from '../../infra/models/index.ts';
import { ROLES } from '../../infra/models/workspace.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { checkMatch, etagOf } from '../etag.ts';
import { Address, OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import type { Limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { cursorAfter, ListQuery } from '../paging.ts';
import { Member, presentMember } from '../../core/presenters/member.ts';
import { notFound, Problem } from '../problem.ts';
import { pageOf, Time } from '../../core/presenters/schemas.ts';

const Role = z.enum(ROLES, 'must be "owner" or "member"');
const NewMemberBody = z.strictObject({ email: Address, name: OneLine(200).default(''), role: Role });
const RoleBody = z.strictObject({ role: Role });

const InvitedMember = Member.extend({
  password_link: z
    .object({ url: z.string(), expires_at: Time })
    .nullable()
    .meta({ description: 'Null for somebody who has a password, or is a member of another workspace.' }),
}).meta({ id: 'InvitedMember' });

/** Between two mails to the same person (ms). */
const RESEND_AFTER_MS = 60_000;

const TOO_MANY_INVITED = 'The workspace has invited too many people.';
const NO_OWNER_LEFT = { 409: 'No owner would be left.' };

/** `members`, `members/{user id}`. A password's link is shown to an owner only where it opens nothing else. */
export function memberRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  { invitations }: Pick<Limits, 'invitations'>,
): void {
  const { models, config } = deps;
  const keyed = idempotent(deps);

  router.get(
    '/members',
    user,
    operation(
      { summary: 'List members', query: ListQuery, answer: pageOf(Member) },
      async (ctx, { query: { limit, cursor } }) => {
        const before = cursor ? { user_id: { $lt: cursor[1] } } : {};
        const here = { workspace_id: ctx.state.user.workspaceId, ...before };
        // Ids of users sort by time: the newest first. `user_id` is unique in the workspace, and has the index.
        const found = models.Member.find(here)
          .sort({ user_id: -1 })
          .limit(limit + 1);
        const rows = await found.lean<MemberRow[]>();
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          data: await show(page, deps),
          next_cursor: rows.length > limit && last ? cursorAfter([0, last.user_id]) : null,
        };
      },
    ),
  );

  router.get(
    '/members/:id',
    user,
    operation({ summary: 'Read a member', answer: Member, etag: true }, async (ctx) => {
      const { member } = await find(ctx, deps);
      ctx.set('ETag', etag(member));
      return showOne(member, deps);
    }),
  );

  router.post(
    '/members',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Add a member',
        description: 'They are mailed a link to set their password, which is also in `password_link`.',
        body: NewMemberBody,
        status: 201,
        answer: InvitedMember,
        refuses: { 409: 'This person is a member already.', 429: TOO_MANY_INVITED },
      },
      async (ctx, { body: { email, name, role } }) => {
        const { workspaceId } = ctx.state.user;
        await invitations.take(workspaceId);
        const person = await userWith(models, email, name);
        if (!(await addMember(models, workspaceId, person, role)))
          throw new Problem(409, 'This person is a member already.');
        return invite(workspaceId, person._id);
      },
    ),
  );

  router.post(
    '/members/:id/invitation',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Invite a member again',
        description: 'They are mailed a new link to set their password.',
        status: 202,
        answer: InvitedMember,
        refuses: {
          409: 'This person has a password.',
          429: `They were mailed within the last minute. ${TOO_MANY_INVITED}`,
        },
      },
      async (ctx) => {
        const { workspaceId } = ctx.state.user;
        const { person } = await find(ctx, deps);
        if (person.password_hash)
          throw new Problem(409, 'This person has a password, and needs no link to set one.');
        const mail = await models.AccessMail.findById(invitationId(workspaceId, person._id)).lean();
        const wait = (mail?.wanted_at.getTime() ?? 0) + RESEND_AFTER_MS - Date.now();
        if (wait > 0) {
          const seconds = String(Math.ceil(wait / 1000));
          throw new Problem(429, `They were mailed just now; try again in ${seconds} s.`, {
            headers: { 'Retry-After': seconds },
          });
        }
        await invitations.take(workspaceId);
        return invite(workspaceId, person._id);
      },
    ),
  );

  router.patch(
    '/members/:id',
    user,
    ownersOnly,
    jsonBody,
    operation(
      {
        summary: 'Change the role of a member',
        find: (ctx) => find(ctx, deps),
        body: RoleBody,
        answer: Member,
        etag: true,
        refuses: NO_OWNER_LEFT,
      },
      async (ctx, { body: { role } }) => {
        const { workspaceId } = ctx.state.user;
        const { id = '' } = ctx.params;
        const check = (member: MemberRow) => checkMatch(ctx, etag(member));
        const row = await keepingAnOwner(() => changeRole(models, workspaceId, id, role, check));
        if (!row) throw notFound();
        ctx.set('ETag', etag(row));
        return showOne(row, deps);
      },
    ),
  );

  router.delete(
    '/members/:id',
    user,
    ownersOnly,
    operation(
      {
        summary: 'Remove a member',
        description:
          'Their tokens open nothing any more. Their personal addresses and conversations stay, unseen.',
        refuses: NO_OWNER_LEFT,
      },
      async (ctx) => {
        const { workspaceId } = ctx.state.user;
        if (!(await keepingAnOwner(() => removeMember(models, workspaceId, ctx.params.id ?? ''))))
          throw notFound();
      },
    ),
  );

  async function invite(workspaceId: string, userId: string): Promise<z.input<typeof InvitedMember>> {
    // As it is now: adding them may have taken a password away.
    const person = await models.User.findById(userId).orFail().lean<UserRow>();
    await wantInvitation(models, { workspaceId, userId, email: person.email });
    const isShown = !person.password_hash && (await isOnlyHere(models, workspaceId, userId));
    const link = isShown
      ? await newPasswordLink(models, { userId, shownTo: workspaceId, publicUrl: config.publicUrl })
      : null;
    const member = await models.Member.findOne({
      workspace_id: workspaceId,
      user_id: userId,
    }).lean<MemberRow>();
    if (!member) throw notFound();
    const shown = await showOne(member, deps);
    return { ...shown, password_link: link && { url: link.url, expires_at: link.expiresAt } };
  }
}

/** Of what can be changed. */
const etag = ({ _id, role }: MemberRow) => etagOf('member', _id, role);

async function find(
  ctx: RouterContext<ApiState>,
  { models }: RouteDeps,
): Promise<{ member: MemberRow; person: UserRow }> {
  const here = { workspace_id: ctx.state.user.workspaceId, user_id: ctx.params.id ?? '' };
  const member = await models.Member.findOne(here).lean<MemberRow>();
  if (!member) throw notFound();
  const person = await models.User.findById(member.user_id).lean<UserRow>();
  if (!person) throw notFound();
  return { member, person };
}

async function show(rows: MemberRow[], { models }: RouteDeps) {
  const [users, mails] = await Promise.all([
    models.User.find({ _id: { $in: rows.map(({ user_id }) => user_id) } }).lean<UserRow[]>(),
    models.AccessMail.find({
      _id: { $in: rows.map(({ workspace_id, user_id }) => invitationId(workspace_id, user_id)) },
    }).lean(),
  ]);
  return rows.map((row) =>
    presentMember(
      row,
      users.find(({ _id }) => _id === row.user_id),
      mails.find(({ _id }) => _id === invitationId(row.workspace_id, row.user_id)),
    ),
  );
}

async function showOne(row: MemberRow, deps: RouteDeps) {
  const [shown] = await show([row], deps);
  return shown!;
}

async function keepingAnOwner<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LastOwner)) throw error;
    throw new Problem(409, 'The workspace needs an owner: make somebody else one first.');
  }
}
