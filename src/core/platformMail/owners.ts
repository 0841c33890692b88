import type { Models, UserRow } from '../../infra/models/index.ts';
import { ACCEPTED } from '../../infra/models/workspace.ts';

/** The owners of a workspace: they receive the mails about its addresses, domains and webhooks. */
export async function ownersOf({ Member, User }: Models, workspaceId: string): Promise<UserRow[]> {
  const owners = await Member.find({ workspace_id: workspaceId, role: 'owner', ...ACCEPTED }).lean();
  return User.find({ _id: { $in: owners.map(({ user_id }) => user_id) } }).lean<UserRow[]>();
}
