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

/**
 * Result of a call to the provider: the domain as the provider has it, or a sentence that says why there is
 * none.
 */
export type AtProvider =
  { domain: ProviderDomain; problem: null } | { domain: null; problem: string; retryAfterMs: number | null };

const TAKEN =
  'Another account at the mail provider already has this domain: remove it from that account, ' +
  'or ask the provider’s support to release it.';
const AWAY = 'The mail provider is not answering: Postroom tries again automatically.';
/** The workspace does not see whether the key is wrong or missing: only the operator can correct that. */
const NO_ACCESS =
  'The mail provider refuses requests of this installation: ask its operator to look into the log.';
/** The code of a refusal that is about the domain itself; its reason is shown in the provider's words. */
const ABOUT_DOMAIN = 'Http400';

/**
 * Finds the domain at the provider, or creates it there. Before the create call a row records that we make
 * the domain, so the record is right even if the process dies in between. Faults of the provider are results,
 * not errors.
 */
export function findOrCreateAtProvider({ models, setUp }: ProviderDeps, name: string): Promise<AtProvider> {
  return faultsAsResults(async () => {
    const existing = await setUp.findDomain(name);
    if (existing) {
      await upsertRow(models, name, { $setOnInsert: { made_by_us: false, created_at: new Date() } });
      return { domain: existing, problem: null };
    }
    const created_at = new Date();
    await upsertRow(models, name, { $set: { made_by_us: true }, $setOnInsert: { created_at } });
    const creation = await setUp.createDomain(name);
    if (creation.result === 'taken') return { domain: null, problem: TAKEN, retryAfterMs: null };
    return resultOf(creation.result === 'created' ? creation.domain : await setUp.findDomain(name));
  });
}

/**
 * Asks the provider to check DNS. The account limits such calls: call only when the result may change
 * something.
 */
export const verifyAtProvider = ({ setUp }: ProviderDeps, name: string): Promise<AtProvider> =>
  faultsAsResults(async () => resultOf(await setUp.verifyDomain(name)));

/** @param domain null when somebody has removed it at the provider just now. */
const resultOf = (domain: ProviderDomain | null): AtProvider =>
  domain ? { domain, problem: null } : { domain: null, problem: AWAY, retryAfterMs: null };

async function faultsAsResults(call: () => Promise<AtProvider>): Promise<AtProvider> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ProviderAway)
      return { domain: null, problem: AWAY, retryAfterMs: error.retryAfterMs };
    if (error instanceof ProviderRefused)
      return {
        domain: null,
        problem: error.code === ABOUT_DOMAIN ? error.reason : NO_ACCESS,
        retryAfterMs: null,
      };
    throw error;
  }
}

const upsertRow = (models: Models, name: string, change: object) =>
  once(() => models.ProviderDomain.updateOne({ _id: name }, change, { upsert: true }));
