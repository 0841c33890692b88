import type { DnsAnswer } from '../../infra/dns/dns.ts';
import type { DomainRow, Models } from '../../infra/models/index.ts';
import { setUpWorkflowId } from '../../infra/temporal/ids.ts';
import type { Wake } from '../../infra/temporal/wake.ts';
import { applyDomainFlags } from './domainFlags.ts';
import { OWNED } from './claims.ts';
import { lostDomain } from './domainState.ts';

const others = ({ _id, name }: DomainRow) => ({ ...OWNED, name, _id: { $ne: _id } });

/** Another workspace has shown that the domain is its own, and its record is there. */
export async function hasRival(models: Models, row: DomainRow, owners: DnsAnswer): Promise<boolean> {
  const rival = { ...others(row), ownership_value: { $in: owners.agreed } };
  return (await models.Domain.exists(rival)) !== null;
}

/**
 * Claims that were proved, and whose record no resolver has any more while most have this one's, are lost at once: their addresses
 * are another workspace's now.
 * @param owners what DNS answers at the name of the ownership records.
 */
export async function takeFromOthers(
  { models, wake }: { models: Models; wake: Wake },
  row: DomainRow,
  owners: DnsAnswer,
  at: Date,
): Promise<void> {
  const isGone = { ownership_value: { $nin: owners.seen } };
  const gone = await models.Domain.find({ ...others(row), ...isGone }).lean<DomainRow[]>();
  for (const other of gone) {
    const { modifiedCount } = await models.Domain.updateOne(
      { _id: other._id, changes: other.changes, ...OWNED },
      { $set: lostDomain(other, at), $inc: { changes: 1 } },
    );
    if (modifiedCount === 0) continue;
    await applyDomainFlags(models, other.name);
    await wake(setUpWorkflowId('verifyDomain', other._id, other.run));
  }
}
