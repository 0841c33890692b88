import type { Models, WorkspaceRow } from '../../infra/models/index.ts';
import { insertEmail, nextEmailId } from './emailRow.ts';
import { claimAddress, newSlug, takeAddress } from './platform.ts';

type Named = Pick<WorkspaceRow, '_id' | 'name'>;

/**
 * Gives the workspace a random slug and the ticket address `<slug>@<platform domain>`, which works at once.
 */
export async function giveSlug(models: Models, workspace: Named, platformDomain: string): Promise<void> {
  for (;;) {
    const slug = newSlug();
    if (!(await claimAddress(models, `${slug}@${platformDomain}`, workspace._id))) continue;
    await addSlugAddress(models, workspace, slug, platformDomain);
    await models.Workspace.updateOne({ _id: workspace._id }, { $set: { slug } });
    return;
  }
}

/**
 * Gives the workspace the address of another slug; the caller writes the slug into the workspace's row
 * afterwards. The address with the old slug goes on receiving. Idempotent. @throws Unfit when the address is
 * not available.
 */
export async function takeSlug(
  models: Models,
  workspace: Named,
  slug: string,
  platformDomain: string,
): Promise<void> {
  await takeAddress(models, 'slug', `${slug}@${platformDomain}`, workspace._id);
  await addSlugAddress(models, workspace, slug, platformDomain);
}

async function addSlugAddress(
  models: Models,
  { _id: workspace_id, name }: Named,
  slug: string,
  platformDomain: string,
): Promise<void> {
  const address = `${slug}@${platformDomain}`;
  const _id = await nextEmailId(models, workspace_id, address);
  // If the workspace has the address already, its settings stay as they are.
  if (_id !== null)
    await insertEmail(models, _id, {
      workspace_id,
      address,
      display_name: name,
      purpose: 'ticket',
      user_id: null,
      kind: 'platform',
      proved_at: new Date(),
    });
}
