import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { invitationId, wantInvitation } from '../../access/accessMails.ts';
import {
  addMember,
  changeRole,
  isOnlyHere,
  LastOwner,
  removeMember,
  userWith,
} from '../../access/members.ts';
import { newPasswordLink } from '../../access/passwordLinks.ts';
import type { MemberRow, UserRow } from '../../models/index.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { checkMatch, etagOf } from '../etag.ts';
import { Address, OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import type { Limits } from '../limits.ts';
import { cursorAfter, ListQuery } from '../paging.ts';
import { presentMember } from '../presenters/member.ts';
import { notFound, Problem } from '../problem.ts';
import { readQuery } from '../query.ts';

const Role = z.enum(['owner', 'member'], 'must be "owner" or "member"');
const NewMemberBody = z.strictObject({ email: Address, name: OneLine(200).default(''), role: Role });
const RoleBody = z.strictObject({ role: Role });

/** Between two mails to the same person (ms). */
const RESEND_AFTER_MS = 60_000;

/**
 * `members`, `members/{user id}`, for every member. By owners:
 * - `POST members {email, name?, role}`: 201; they are mailed a link to set their password, which is also in `password_link`, but
 *   only where it opens nothing else: null for somebody who has a password, or is a member of another workspace. 409: is one already
 * - `POST members/{id}/invitation`: 202, mailed again; 409 has a password; 429 within a minute
 * - `PATCH members/{id} {role}`, `DELETE members/{id}` (204): 409 where no owner would be left; `PATCH` 412 where
 *   they are no longer what `If-Match` says
 */
export function memberRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  { invitations }: Pick<Limits, 'invitations'>,
): void {
  const { models, config } = deps;
  const keyed = idempotent(deps);

  router.get('/members', user, async (ctx) => {
    const { limit, cursor } = readQuery(ctx.query, ListQuery);
    const before = cursor ? { user_id: { $lt: cursor[1] } } : {};
    const here = { workspace_id: ctx.state.user.workspaceId, ...before };
    // Ids of users sort by time: the newest first. `user_id` is unique in the workspace, and has the index.
    const found = models.Member.find(here)
      .sort({ user_id: -1 })
      .limit(limit + 1);
    const rows = await found.lean<MemberRow[]>();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    ctx.body = {
      data: await show(page, deps),
      next_cursor: rows.length > limit && last ? cursorAfter([0, last.user_id]) : null,
    };
  });

  router.get('/members/:id', user, async (ctx) => {
    const { member } = await find(ctx, deps);
    ctx.set('ETag', etag(member));
    [ctx.body] = await show([member], deps);
  });

  router.post('/members', user, ownersOnly, jsonBody, keyed, async (ctx) => {
    const { email, name, role } = readBody(ctx, NewMemberBody);
    const { workspaceId } = ctx.state.user;
    await invitations.take(workspaceId);
    const person = await userWith(models, email, name);
    if (!(await addMember(models, workspaceId, person, role)))
      throw new Problem(409, 'This person is a member already.');
    ctx.status = 201;
    ctx.body = await invite(workspaceId, person._id);
  });

  router.post('/members/:id/invitation', user, ownersOnly, keyed, async (ctx) => {
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
    ctx.status = 202;
    ctx.body = await invite(workspaceId, person._id);
  });

  router.patch('/members/:id', user, ownersOnly, jsonBody, async (ctx) => {
    const { role } = readBody(ctx, RoleBody);
    const { workspaceId } = ctx.state.user;
    const check = (member: MemberRow) => checkMatch(ctx, etag(member));
    const row = await keepingAnOwner(() => changeRole(models, workspaceId, ctx.params.id ?? '', role, check));
    if (!row) throw notFound();
    ctx.set('ETag', etag(row));
    [ctx.body] = await show([row], deps);
  });

  router.delete('/members/:id', user, ownersOnly, async (ctx) => {
    const { workspaceId } = ctx.state.user;
    if (!(await keepingAnOwner(() => removeMember(models, workspaceId, ctx.params.id ?? ''))))
      throw notFound();
    ctx.status = 204;
  });

  async function invite(workspaceId: string, userId: string) {
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
    const [shown] = await show([member], deps);
    return { ...shown, password_link: link && { url: link.url, expires_at: link.expiresAt.toISOString() } };
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

async function keepingAnOwner<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LastOwner)) throw error;
    throw new Problem(409, 'The workspace needs an owner: make somebody else one first.');
  }
}
