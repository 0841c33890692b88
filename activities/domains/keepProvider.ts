import { keepEventHooks, keepRoutes, routedNames } from '../../src/core/domains/routes.ts';
import { ProviderRefused } from '../../src/infra/providers/setup.ts';
import type { Deps } from '../deps.ts';

export interface Kept {
  /** `off`: this installation has no API key of the provider. */
  verdict: 'kept' | 'refused' | 'off';
  code?: string;
}

/**
 * Repairs the routes and event hooks of all domains at the provider: a person may have changed them. @throws
 * ProviderAway
 */
export async function keepProvider(deps: Deps): Promise<Kept> {
  const steps = [() => keepRoutes(deps)];
  for (const name of await routedNames(deps)) steps.push(() => keepEventHooks(deps, name));
  const codes = new Set<string>();
  for (const step of steps) {
    const code = await refusalOf(step);
    if (code === 'NoApiKey') {
      deps.log.info('no API key of the provider is set: Postroom does not keep its routes');
      return { verdict: 'off' };
    }
    if (code) codes.add(code);
  }
  if (codes.size === 0) return { verdict: 'kept' };
  const code = [...codes].sort().join(', ');
  // Http404: a domain, the platform's own for one, is not in the provider's account.
  deps.log.warn({ code }, 'the provider refused some routes or event hooks');
  return { verdict: 'refused', code };
}

/** A step that is refused does not stop the others. @returns the code of the refusal, or null */
async function refusalOf(step: () => Promise<void>): Promise<string | null> {
  try {
    await step();
    return null;
  } catch (error) {
    if (error instanceof ProviderRefused) return error.code;
    throw error;
  }
}
