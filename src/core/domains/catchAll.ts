import { domainPart } from '../../mail/addresses.ts';
import type { DomainRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isReceivable } from '../threads/audiences.ts';
import { OWNED } from './domainClaims.ts';

/**
 * The address that gets mail to an unknown address on an owned domain: the catch-all that the domain's owner
 * chose, if it can receive.
 * @param address normalised. @returns null when there is no such catch-all.
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

/**
 * An address that may be a catch-all. A personal one may not: strangers' mail must not go to one user's
 * mailbox.
 */
export const catchAllOf = (models: Models, workspace_id: string, _id: string) =>
  models.WorkspaceEmail.findOne({
    _id,
    workspace_id,
    deleted_at: null,
    user_id: null,
  }).lean<WorkspaceEmailRow>();
