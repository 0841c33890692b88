import type { Models } from '../../infra/models/index.ts';
import { newId } from '../../lib/ids.ts';
import { giveSlug } from './slug.ts';

/** A new workspace, with an address that works at once. @returns its id. */
export async function newWorkspace(models: Models, name: string, platformDomain: string): Promise<string> {
  const workspace = await models.Workspace.create({
    _id: newId(),
    name,
    last_ticket_number: 0,
    created_at: new Date(),
  });
  await giveSlug(models, workspace, platformDomain);
  return workspace._id;
}
