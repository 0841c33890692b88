import type { DnsAnswer } from '../../infra/dns/dns.ts';
import type { DomainRow, Models } from '../../infra/models/index.ts';
import { setUpWorkflowId } from '../../infra/temporal/ids.ts';
import type { Wake } from '../../infra/temporal/wake.ts';
import { updateAddressesOnDomain } from './addressesOnDomain.ts';
import { OWNED } from './domainClaims.ts';
import { endOwnedClaim } from './domainState.ts';

const others = ({ _id, name }: DomainRow) => ({ ...OWNED, name, _id: { $ne: _id } });

/** Whether another workspace has proved that it owns the domain, and its record is in DNS. */
export async function hasRival(models: Models, row: DomainRow, owners: DnsAnswer): Promise<boolean> {
  const rival = { ...others(row), ownership_value: { $in: owners.agreed } };
  return (await models.Domain.exists(rival)) !== null;
}

/**
 * Ends the claims of former owners at once: those whose record no resolver has any more, while most have this
 * claim's record. Their addresses belong to this claim's workspace now.
 * @param owners DNS' answer for the name of the ownership records.
 */
export async function takeFromOthers(
  { models, wake }: { models: Models; wake: Wake },
  row: DomainRow,
  owners: DnsAnswer,
  at: Date,
): Promise<void> {
  const recordIsGone = { ownership_value: { $nin: owners.seen } };
  const formerOwners = await models.Domain.find({ ...others(row), ...recordIsGone }).lean<DomainRow[]>();
  for (const other of formerOwners) {
    const { modifiedCount } = await models.Domain.updateOne(
      { _id: other._id, changes: other.changes, ...OWNED },
      { $set: endOwnedClaim(other, at), $inc: { changes: 1 } },
    );
    if (modifiedCount === 0) continue;
    await updateAddressesOnDomain(models, other.name);
    await wake(setUpWorkflowId('verifyDomain', other._id, other.run));
  }
}
