import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';

type Email = Pick<WorkspaceEmailRow, '_id' | 'address'>;

/** How long a claim counts without `can_receive`: normally milliseconds pass between the two writes. */
const CLAIM_LASTS_MS = 60_000;

/**
 * Makes this email the only one, in all workspaces, that receives for its address. Idempotent; safe to call
 * concurrently.
 * @returns false when another email receives for the address.
 */
export async function claimReceiving(models: Models, { _id, address }: Email): Promise<boolean> {
  // While another email has `can_receive`, its claim counts however old it is.
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
  // A fresh claim: its owner is about to set `can_receive`. An older one without that flag is of a process
  // that died.
  if (claim.created_at.getTime() > Date.now() - CLAIM_LASTS_MS) return false;
  const { modifiedCount } = await models.Receiver.updateOne(
    { _id: address, workspace_email_id: claim.workspace_email_id },
    { $set: { workspace_email_id: _id, created_at: new Date() } },
  );
  return modifiedCount === 1;
}

/**
 * Whether this email still holds the claim: another may have taken it over before this one set `can_receive`.
 */
export async function holdsReceiving(models: Models, { _id, address }: Email): Promise<boolean> {
  return (await models.Receiver.exists({ _id: address, workspace_email_id: _id })) !== null;
}

/** Gives the claim up, so that another email may receive for the address. */
export async function releaseReceiving(models: Models, { _id, address }: Email): Promise<void> {
  await models.Receiver.deleteOne({ _id: address, workspace_email_id: _id });
}
