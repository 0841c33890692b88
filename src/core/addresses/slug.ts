import type { Models, WorkspaceRow } from '../../infra/models/index.ts';
import { insertEmail, nextEmailId } from './emailRow.ts';
import { claimAddress, newSlug, takeAddress } from './platform.ts';

type Named = Pick<WorkspaceRow, '_id' | 'name'>;

/** Gives the workspace its own address on the platform's domain, which works at once: `{slug}@{platform domain}`, for tickets. */
export async function giveSlug(models: Models, workspace: Named, platformDomain: string): Promise<void> {
  for (;;) {
    const slug = newSlug();
    if (!(await claimAddress(models, `${slug}@${platformDomain}`, workspace._id))) continue;
    await addSlugsAddress(models, workspace, slug, platformDomain);
    await models.Workspace.updateOne({ _id: workspace._id }, { $set: { slug } });
    return;
  }
}

/**
 * Makes the address of another slug the workspace's, whose row says afterwards that this is its slug; the address with the old one goes on
 * receiving. Any number of times. @throws Unfit when it is not free.
 */
export async function takeSlug(
  models: Models,
  workspace: Named,
  slug: string,
  platformDomain: string,
): Promise<void> {
  await takeAddress(models, 'slug', `${slug}@${platformDomain}`, workspace._id);
  await addSlugsAddress(models, workspace, slug, platformDomain);
}

async function addSlugsAddress(
  models: Models,
  { _id: workspace_id, name }: Named,
  slug: string,
  platformDomain: string,
): Promise<void> {
  const address = `${slug}@${platformDomain}`;
  const _id = await nextEmailId(models, workspace_id, address);
  // Where it is there already it is what the workspace has made of it.
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
