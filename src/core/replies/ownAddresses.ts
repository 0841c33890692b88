import type { Models } from '../../infra/models/index.ts';
import { normaliseAddress, withoutTag, type Address } from '../../mail/addresses.ts';

export type IsOurs = (person: Address) => boolean;

/**
 * Whether somebody is the workspace itself: every address that is or was its own counts, forwarding addresses too,
 * with and without a tag. True also for what is no address.
 */
export async function ownAddresses(models: Models, workspace_id: string): Promise<IsOurs> {
  const [emails, forwarding] = await Promise.all([
    models.WorkspaceEmail.find({ workspace_id }, { address: 1 }).lean(),
    models.ForwardingAddress.find({ workspace_id }, { address: 1 }).lean(),
  ]);
  const ours = new Set([...emails, ...forwarding].map((row) => row.address));
  return ({ email }) => {
    const exact = normaliseAddress(email);
    return exact === null || ours.has(exact) || ours.has(withoutTag(exact) ?? '');
  };
}
