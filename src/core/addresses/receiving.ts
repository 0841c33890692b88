import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';

type Email = Pick<WorkspaceEmailRow, '_id' | 'address'>;

/** Between a claim and what it is made for lie milliseconds. */
const ABOUT_TO_MS = 60_000;

/**
 * Makes this the one email that receives for its address, of all workspaces. Any number of times.
 * @returns false when another one receives for it
 */
export async function claimReceiving(models: Models, { _id, address }: Email): Promise<boolean> {
  // Also those of before there were claims.
  if (await models.WorkspaceEmail.exists({ address, can_receive: true, _id: { $ne: _id } })) return false;
  try {
    await models.Receiver.create({ _id: address, workspace_email_id: _id, created_at: new Date() });
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const claim = await models.Receiver.findById(address).lean();
  if (!claim) return claimReceiving(models, { _id, address });
  if (claim.workspace_email_id === _id) return true;
  // Whoever claimed it is about to receive, unless its process died.
  if (claim.created_at.getTime() > Date.now() - ABOUT_TO_MS) return false;
  const { modifiedCount } = await models.Receiver.updateOne(
    { _id: address, workspace_email_id: claim.workspace_email_id },
    { $set: { workspace_email_id: _id, created_at: new Date() } },
  );
  return modifiedCount === 1;
}

/** Is the claim still this one's? Another may have taken it over before this one received. */
export async function holdsReceiving(models: Models, { _id, address }: Email): Promise<boolean> {
  return (await models.Receiver.exists({ _id: address, workspace_email_id: _id })) !== null;
}

/** It receives no more: another may. */
export async function releaseReceiving(models: Models, { _id, address }: Email): Promise<void> {
  await models.Receiver.deleteOne({ _id: address, workspace_email_id: _id });
}
