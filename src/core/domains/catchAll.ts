import { domainPart } from '../../mail/addresses.ts';
import type { DomainRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isReceivable } from '../threads/audiences.ts';
import { OWNED } from './claims.ts';

/**
 * Who gets the mail to an address that is none: what the owner of its domain chose, if that receives.
 * @param address normalised. @returns null: nobody.
 */
export async function catchAllFor(models: Models, address: string): Promise<WorkspaceEmailRow | null> {
  const name = domainPart(address);
  const claims = await models.Domain.find({ ...OWNED, name, receiving: true, catch_all_id: { $ne: null } })
    .sort({ owned_at: 1, _id: 1 })
    .lean<DomainRow[]>();
  for (const { workspace_id, catch_all_id } of claims) {
    const email = await catchAllOf(models, workspace_id, catch_all_id as string);
    if (email && isReceivable(email)) return email;
  }
  return null;
}

/** An address that may be a workspace's catch-all: strangers' mail goes to nobody's personal mailbox. */
export const catchAllOf = (models: Models, workspace_id: string, _id: string) =>
  models.WorkspaceEmail.findOne({
    _id,
    workspace_id,
    deleted_at: null,
    user_id: null,
  }).lean<WorkspaceEmailRow>();
