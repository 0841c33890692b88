import type { Models } from '../../infra/models/index.ts';
import { newId } from '../../lib/ids.ts';
import { giveSlug } from './slug.ts';

/** Makes a workspace with one address, which works at once. @returns the workspace's id. */
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
