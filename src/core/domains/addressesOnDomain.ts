import { updateAddressFlags } from '../addresses/addressFlags.ts';
import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { OWNED } from './domainClaims.ts';

/**
 * Updates `can_receive` and `can_send` of every address on a domain, in all workspaces, to what is proved
 * now. Workspaces that no longer own the domain come first, because an address receives for one workspace at
 * most. Idempotent.
 */
export async function updateAddressesOnDomain(models: Models, name: string): Promise<void> {
  const workspacesWith = (claims: object) => models.Domain.distinct('workspace_id', { ...claims, name });
  const [claiming, owning] = await Promise.all([workspacesWith({}), workspacesWith(OWNED)]);
  for (const workspaceId of claiming.filter((id) => !owning.includes(id)))
    await updateAddressesOf(models, workspaceId, name);
  for (const workspaceId of owning) await updateAddressesOf(models, workspaceId, name);
}

async function updateAddressesOf(models: Models, workspace_id: string, name: string): Promise<void> {
  const address = new RegExp(`@${name.replaceAll('.', '\\.')}$`);
  const emails = await models.WorkspaceEmail.find({ workspace_id, address }, { _id: 1 }).lean<
    Pick<WorkspaceEmailRow, '_id'>[]
  >();
  for (const { _id } of emails) await updateAddressFlags(models, _id);
}
