import { LIVE } from '../../src/core/domains/domainClaims.ts';
import { updateAddressesOnDomain } from '../../src/core/domains/addressesOnDomain.ts';
import { keepRoutes } from '../../src/core/domains/routes.ts';
import type { DomainRow } from '../../src/infra/models/index.ts';
import { ProviderRefused } from '../../src/infra/providers/setup.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readDomain } from './domainRow.ts';

/** `removed`: from the provider too. `refused`: the provider keeps the domain; an operator can remove it. */
export interface Left {
  provider: 'removed' | 'kept' | 'refused';
}

/**
 * After a claim was deleted, expired or was lost: undoes what it has set up, and nothing else. Idempotent.
 * @throws ProviderAway when it must be tried again.
 */
export async function leaveDomain(deps: Deps, run: SetUpRun): Promise<Left> {
  const row = await readDomain(deps, run);
  await updateAddressesOnDomain(deps.models, row.name);
  try {
    await keepRoutes(deps);
    return { provider: (await remove(deps, row)) ? 'removed' : 'kept' };
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    deps.log.warn({ domain_id: row._id, code: error.code }, 'the provider refused to remove a domain');
    return { provider: 'refused' };
  }
}

/**
 * Removes a domain from the provider only if this workspace had proved it, Postroom had added it, and no
 * other claim is live.
 */
async function remove({ models, setUp }: Deps, row: DomainRow): Promise<boolean> {
  const wasProved = row.state === 'lost' || row.owned_at !== null;
  if (!wasProved || (await models.Domain.exists({ ...LIVE, name: row.name }))) return false;
  const isOurs = await models.ProviderDomain.exists({ _id: row.name, made_by_us: true });
  if (!isOurs) return false;
  await setUp.removeDomain(row.name);
  await models.ProviderDomain.deleteOne({ _id: row.name });
  return true;
}
