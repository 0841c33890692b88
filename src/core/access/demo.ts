import type { MemberRow, Models, UserRow } from '../../infra/models/index.ts';

/** The workspace that `npm start` makes. */
export const DEMO_WORKSPACE = 'demo';

/** The people of the demo, the owner last: most of what there is to see is for agents. */
export async function demoPeople(models: Models): Promise<{ user_id: string; name: string; role: string }[]> {
  const members = await models.Member.find({ workspace_id: DEMO_WORKSPACE }).lean<MemberRow[]>();
  const users = await models.User.find({ _id: { $in: members.map(({ user_id }) => user_id) } }).lean<
    UserRow[]
  >();
  return members
    .map(({ user_id, role }) => ({
      user_id,
      role,
      name: users.find(({ _id }) => _id === user_id)?.name ?? '',
    }))
    .sort((one, other) => one.role.localeCompare(other.role) || one.name.localeCompare(other.name));
}
