import type { Models } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import {
  ProviderAway,
  ProviderRefused,
  type ProviderDomain,
  type ProviderSetUp,
} from '../../infra/providers/setup.ts';

export interface ProviderDeps {
  models: Models;
  setUp: ProviderSetUp;
}

/** What became of a call: the domain as the provider has it, or why not, in words for a person. */
export type AtProvider =
  { domain: ProviderDomain; problem: null } | { domain: null; problem: string; retryAfterMs: number | null };

const TAKEN =
  'Another account of the mail provider has this domain: it is to be removed there first, or by the provider’s support.';
const AWAY = 'The mail provider does not answer just now; it is asked again.';
/** Of a key that is wrong, or none, the workspace is not told more: that is the operator's. */
const CLOSED = 'The mail provider does not let this installation in; whoever runs it has to look at its log.';
/** About the domain itself, in the provider's words. */
const ABOUT_DOMAIN = 'Http400';

/**
 * The domain at the provider; made there when it is not. Who made it is written down before the call: a process that dies in
 * between leaves what is right. Faults of the provider are results.
 */
export function findOrCreate({ models, setUp }: ProviderDeps, name: string): Promise<AtProvider> {
  return asResult(async () => {
    const found = await setUp.findDomain(name);
    if (found) {
      await note(models, name, { $setOnInsert: { made_by_us: false, created_at: new Date() } });
      return { domain: found, problem: null };
    }
    const created_at = new Date();
    await note(models, name, { $set: { made_by_us: true }, $setOnInsert: { created_at } });
    const made = await setUp.createDomain(name);
    if (made.result === 'taken') return { domain: null, problem: TAKEN, retryAfterMs: null };
    return given(made.result === 'created' ? made.domain : await setUp.findDomain(name));
  });
}

/** Has the provider look at DNS. Such calls are counted by the account: only where it may change something. */
export const verify = ({ setUp }: ProviderDeps, name: string): Promise<AtProvider> =>
  asResult(async () => given(await setUp.verifyDomain(name)));

/** Null: somebody removes it just now. */
const given = (domain: ProviderDomain | null): AtProvider =>
  domain ? { domain, problem: null } : { domain: null, problem: AWAY, retryAfterMs: null };

async function asResult(call: () => Promise<AtProvider>): Promise<AtProvider> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ProviderAway)
      return { domain: null, problem: AWAY, retryAfterMs: error.retryAfterMs };
    if (error instanceof ProviderRefused)
      return {
        domain: null,
        problem: error.code === ABOUT_DOMAIN ? error.reason : CLOSED,
        retryAfterMs: null,
      };
    throw error;
  }
}

const note = (models: Models, name: string, change: object) =>
  once(() => models.ProviderDomain.updateOne({ _id: name }, change, { upsert: true }));
