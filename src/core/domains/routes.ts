import type { Logger } from 'pino';
import type { Models } from '../../infra/models/index.ts';
import type { ProviderSetUp } from '../../infra/providers/setup.ts';
import { OWNED } from './claims.ts';

export interface ProviderRouteDeps {
  models: Models;
  setUp: ProviderSetUp;
  platformDomain: string;
  publicUrl: string;
  log: Logger;
}

/**
 * Mail to the platform's domain and to every owned one leads here: routes at the provider are made, put right and removed. Runs
 * beside itself: what it did is right only when the list has not changed meanwhile. @throws ProviderAway, ProviderRefused
 */
export async function keepRoutes(deps: ProviderRouteDeps): Promise<void> {
  for (let names = await routedNames(deps); ;) {
    const changes = await deps.setUp.keepRoutes(names, deps.publicUrl);
    const [created, repaired, removed] = [changes.created, changes.repaired, changes.removed].map(
      (of) => of.length,
    );
    if (created || repaired || removed)
      deps.log.info({ created, repaired, removed }, 'routes were put right');
    const now = await routedNames(deps);
    if (now.join() === names.join()) return;
    names = now;
  }
}

/** The provider tells what becomes of mail from this domain. @throws ProviderAway, ProviderRefused */
export async function keepEventHooks(
  { setUp, publicUrl, log }: ProviderRouteDeps,
  name: string,
): Promise<void> {
  const mended = await setUp.keepEventHooks(name, publicUrl);
  if (mended.length > 0) log.info({ kinds: mended }, 'event hooks of a domain were put right');
}

/** The platform's domain and every owned one, each once. */
export async function routedNames({ models, platformDomain }: ProviderRouteDeps): Promise<string[]> {
  const owned = await models.Domain.distinct('name', OWNED);
  return [...new Set([platformDomain, ...owned])].sort();
}
