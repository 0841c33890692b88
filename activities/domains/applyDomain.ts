import { updateAddressesOnDomain } from '../../src/core/domains/addressesOnDomain.ts';
import { keepEventHooks, keepRoutes } from '../../src/core/domains/routes.ts';
import { ProviderAway, ProviderRefused } from '../../src/infra/providers/setup.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readDomain } from './domainRow.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';

/** `later`: the addresses are updated, but not the provider. */
export type Applied = { verdict: 'applied' } | { verdict: 'later'; code: string; ms: number };

/**
 * When to try again: if the provider does not say when, and if it refuses until a person changes something
 * there.
 */
const LATER_MS = 5 * MINUTE_MS;
const REFUSED_MS = HOUR_MS;

/**
 * Updates addresses, routes and event hooks to match the claim. Its row keeps `wants_applying` until all are
 * updated.
 */
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
