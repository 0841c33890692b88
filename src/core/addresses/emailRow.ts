import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { claimReceiving } from './receiving.ts';
import { hashOf } from '../../lib/ids.ts';

/** What tells one address from another when it is added. */
export type NewEmailRow = Pick<
  WorkspaceEmailRow,
  'workspace_id' | 'address' | 'display_name' | 'purpose' | 'user_id' | 'kind' | 'proved_at'
> &
  Partial<WorkspaceEmailRow>;

/**
 * Id of a row for this address that is still to be made: two requests at once make one. Rows that were deleted stay, so that mail
 * to the address can be told why it is skipped. @returns null where the workspace has the address.
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

/** @returns null where it, or one that receives for this address, is there. */
export async function insertEmail(
  models: Models,
  _id: string,
  email: NewEmailRow,
): Promise<WorkspaceEmailRow | null> {
  const row: WorkspaceEmailRow = {
    can_receive: email.kind === 'platform',
    can_send: email.kind === 'platform',
    active: true,
    deleted_at: null,
    created_at: new Date(),
    ...email,
    _id,
  };
  if (row.can_receive && !(await claimReceiving(models, row))) return null;
  try {
    await models.WorkspaceEmail.create(row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return null;
  }
}
