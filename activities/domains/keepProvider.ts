import { keepEventHooks, keepRoutes, routedNames } from '../../src/core/domains/routes.ts';
import { ProviderRefused } from '../../src/infra/providers/setup.ts';
import type { Deps } from '../deps.ts';

export interface Kept {
  /** `off`: this installation has no key of the provider’s. */
  verdict: 'kept' | 'refused' | 'off';
  code?: string;
}

/** Routes of all domains, and where their events go, as they are to be; somebody may have changed them. @throws ProviderAway */
export async function keepProvider(deps: Deps): Promise<Kept> {
  const steps = [() => keepRoutes(deps)];
  for (const name of await routedNames(deps)) steps.push(() => keepEventHooks(deps, name));
  const codes = new Set<string>();
  for (const step of steps) {
    const code = await refusalOf(step);
    if (code === 'NoApiKey') {
      deps.log.info('no API key of the provider is set: its routes are not looked after');
      return { verdict: 'off' };
    }
    if (code) codes.add(code);
  }
  if (codes.size === 0) return { verdict: 'kept' };
  const code = [...codes].sort().join(', ');
  // Http404: a domain, the platform's own for one, is not in the provider's account.
  deps.log.warn({ code }, 'the provider refused some of what is to be looked after there');
  return { verdict: 'refused', code };
}

/** One that is refused does not keep the others from being done. */
async function refusalOf(step: () => Promise<void>): Promise<string | null> {
  try {
    await step();
    return null;
  } catch (error) {
    if (error instanceof ProviderRefused) return error.code;
    throw error;
  }
}
