import { randomBytes } from 'node:crypto';
import type { ForwardingAddressRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { hashOf, newId } from '../../lib/ids.ts';
import { claimAddress, FORWARDING_PREFIX } from './platform.ts';

/**
 * Makes a forwarding address whose parent is this email. It has 80 random bits, so that it cannot be guessed.
 */
export async function addForwardingAddress(
  models: Models,
  email: Pick<WorkspaceEmailRow, '_id' | 'workspace_id'>,
  platformDomain: string,
  _id = newId(),
): Promise<ForwardingAddressRow> {
  const address = `${FORWARDING_PREFIX}${randomBytes(10).toString('hex')}@${platformDomain}`;
  const row: ForwardingAddressRow = {
    _id,
    workspace_id: email.workspace_id,
    address,
    workspace_email_id: email._id,
    confirmations: [],
    created_at: new Date(),
  };
  await claimAddress(models, address, email.workspace_id);
  try {
    await models.ForwardingAddress.create(row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return models.ForwardingAddress.findById(_id).orFail().lean<ForwardingAddressRow>();
  }
}

/**
 * The email's first forwarding address, from which its replies are sent while the email itself cannot send.
 * Makes it if it does not exist. Idempotent; safe to call concurrently.
 */
export const ownForwardingAddress = (
  models: Models,
  email: Pick<WorkspaceEmailRow, '_id' | 'workspace_id'>,
  platformDomain: string,
): Promise<ForwardingAddressRow> =>
  addForwardingAddress(models, email, platformDomain, hashOf('forwarding address', email._id));
