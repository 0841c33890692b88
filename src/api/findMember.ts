import type { RouterContext } from '@koa/router';
import type { MemberRow, Models, UserRow } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { notFound } from './problem.ts';

/** The member and the person that the path names. @throws Problem 404 */
export async function findMember(
  { params, state }: RouterContext<ApiState>,
  models: Models,
): Promise<{ member: MemberRow; person: UserRow }> {
  const filter = { workspace_id: state.user.workspaceId, user_id: params.id ?? '' };
  const member = await models.Member.findOne(filter).lean<MemberRow>();
  if (!member) throw notFound();
  const person = await models.User.findById(member.user_id).lean<UserRow>();
  if (!person) throw notFound();
  return { member, person };
}
