import { updateAddressesOnDomain } from '../../src/core/domains/addressesOnDomain.ts';
import { keepEventHooks, keepRoutes } from '../../src/core/domains/routes.ts';
import { ProviderAway, ProviderRefused } from '../../src/infra/providers/setup.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readDomain } from './domainRow.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';

/** `later`: addresses are right, the provider could not be told. */
export type Applied = { verdict: 'applied' } | { verdict: 'later'; code: string; ms: number };

/** Where the provider says nothing of when to come again, and where it refuses until somebody mends it (ms). */
const LATER_MS = 5 * MINUTE_MS;
const REFUSED_MS = HOUR_MS;

/** Brings addresses, routes and event hooks in line with the claim; its row says so until all of it is done. */
export async function applyDomain(deps: Deps, run: SetUpRun): Promise<Applied> {
  const row = await readDomain(deps, run);
  await updateAddressesOnDomain(deps.models, row.name);
  try {
    await keepRoutes(deps);
    if (row.owned_at) await keepEventHooks(deps, row.name);
  } catch (error) {
    if (error instanceof ProviderAway)
      return { verdict: 'later', code: error.code, ms: error.retryAfterMs ?? LATER_MS };
    if (error instanceof ProviderRefused) return { verdict: 'later', code: error.code, ms: REFUSED_MS };
    throw error;
  }
  const { changes } = row;
  await deps.models.Domain.updateOne({ _id: run.id, changes }, { $set: { wants_applying: false } });
  return { verdict: 'applied' };
}
