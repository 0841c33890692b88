import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { givenToTeam } from '../access/teams.ts';
import { claimReceiving } from './receiving.ts';
import { hashOf } from '../../lib/ids.ts';

/** The fields of a new address that have no default, and those that may differ from it. */
export type NewEmailRow = Pick<
  WorkspaceEmailRow,
  'workspace_id' | 'address' | 'display_name' | 'purpose' | 'user_id' | 'kind' | 'proved_at'
> & { team_id?: string | null; shared_forwarding_id?: string | null };

/**
 * Id for a new row of this address: two concurrent requests get the same id, so only one makes the row.
 * Deleted rows stay, so that mail which still arrives for the address is skipped with the right reason.
 * @returns null when the workspace already has the address.
 */
export async function nextEmailId(
  models: Models,
  workspaceId: string,
  address: string,
): Promise<string | null> {
  const rows = await models.WorkspaceEmail.find(
    { workspace_id: workspaceId, address },
    { deleted_at: 1 },
  ).lean();
  if (rows.some((row) => row.deleted_at === null)) return null;
  return hashOf('workspace email', workspaceId, address, rows.length);
}

/**
 * @returns null when the row exists already, or another workspace receives for the address
 * @throws Unfit when its team is gone
 */
export async function insertEmail(
  models: Models,
  _id: string,
  email: NewEmailRow,
): Promise<WorkspaceEmailRow | null> {
  const row: WorkspaceEmailRow = {
    can_receive: email.kind === 'platform',
    can_send: email.kind === 'platform',
    receive_off: false,
    send_off: false,
    active: true,
    expired_at: null,
    taken: false,
    team_id: null,
    shared_forwarding_id: null,
    user_changed_at: null,
    deleted_at: null,
    created_at: new Date(),
    ...email,
    _id,
  };
  if (row.can_receive && !(await claimReceiving(models, row))) return null;
  try {
    await givenToTeam(models, row, (session) =>
      models.WorkspaceEmail.create([row], session ? { session } : {}),
    );
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return null;
  }
}
