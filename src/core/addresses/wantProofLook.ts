import { nextLookAt } from '../../infra/dns/lookGap.ts';
import type { AddressProofRow, Models } from '../../infra/models/index.ts';

/**
 * Requests a look at the DNS record of a proof.
 * @returns whether its run must be woken: of concurrent requests one is
 */
export async function wantProofLook(
  models: Models,
  { _id, run, dns_checked_at, check_wanted_at }: AddressProofRow,
): Promise<boolean> {
  const dueAt = nextLookAt(dns_checked_at, check_wanted_at);
  if (!dueAt) return false;
  const { modifiedCount } = await models.AddressProof.updateOne(
    { _id, run, state: 'pending', check_wanted_at },
    { $set: { check_wanted_at: dueAt, wants_start: true } },
  );
  return modifiedCount === 1;
}
