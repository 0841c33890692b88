import type { Logger } from 'pino';
import type { Models } from '../../infra/models/index.ts';
import type { ProviderSetUp } from '../../infra/providers/setup.ts';
import { OWNED } from './domainClaims.ts';

export interface ProviderRouteDeps {
  models: Models;
  setUp: ProviderSetUp;
  platformDomain: string;
  publicUrl: string;
  log: Logger;
}

/**
 * Creates, corrects and removes routes at the provider, so that mail to the platform's domain and to every
 * owned domain is posted to our webhook. May run concurrently with itself: the result is right only if the
 * list of domains did not change meanwhile, so it is repeated until then. @throws ProviderAway,
 * ProviderRefused
 */
export async function keepRoutes(deps: ProviderRouteDeps): Promise<void> {
  for (let names = await routedNames(deps); ;) {
    const changes = await deps.setUp.keepRoutes(names, deps.publicUrl);
    const [created, repaired, removed] = [changes.created, changes.repaired, changes.removed].map(
      (domains) => domains.length,
    );
    if (created || repaired || removed)
      deps.log.info({ created, repaired, removed }, 'corrected the routes at the provider');
    const currentNames = await routedNames(deps);
    if (currentNames.join() === names.join()) return;
    names = currentNames;
  }
}

/**
 * Makes the provider post delivery events of mail from this domain to our webhook.
 * @throws ProviderAway, ProviderRefused
 */
export async function keepEventHooks(
  { setUp, publicUrl, log }: ProviderRouteDeps,
  name: string,
): Promise<void> {
  const corrected = await setUp.keepEventHooks(name, publicUrl);
  if (corrected.length > 0) log.info({ kinds: corrected }, 'corrected the event hooks of a domain');
}

/** The platform's domain and all owned domains, each once. */
export async function routedNames({ models, platformDomain }: ProviderRouteDeps): Promise<string[]> {
  const owned = await models.Domain.distinct('name', OWNED);
  return [...new Set([platformDomain, ...owned])].sort();
}
