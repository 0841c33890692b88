import { applyFlags } from '../addresses/addressFlags.ts';
import type { DomainRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { OWNED } from './claims.ts';

/**
 * Brings every address on a domain in line with what is proved of it now, whoever's it is; first those of workspaces that have lost
 * it, because an address receives for one workspace at most. Any number of times.
 */
export async function applyDomainFlags(models: Models, name: string): Promise<void> {
  const workspacesOf = (claims: object) => models.Domain.distinct('workspace_id', { ...claims, name });
  const [all, owning] = await Promise.all([workspacesOf({}), workspacesOf(OWNED)]);
  for (const workspaceId of all.filter((id) => !owning.includes(id))) await apply(models, workspaceId, name);
  for (const workspaceId of owning) await apply(models, workspaceId, name);
}

async function apply(models: Models, workspace_id: string, name: DomainRow['name']): Promise<void> {
  const address = new RegExp(`@${name.replaceAll('.', '\\.')}$`);
  const emails = await models.WorkspaceEmail.find({ workspace_id, address }, { _id: 1 }).lean<
    Pick<WorkspaceEmailRow, '_id'>[]
  >();
  for (const { _id } of emails) await applyFlags(models, _id);
}
