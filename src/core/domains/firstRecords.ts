import type { DomainRow } from '../../infra/models/index.ts';
import { findOrCreateAtProvider, type ProviderDeps } from './atProvider.ts';
import { recordsOf } from './records.ts';
import { problemOf } from './problemText.ts';

/**
 * The API client waits this long for the provider's answer; afterwards the claim's workflow goes on trying.
 */
const TIMEOUT_MS = 5_000;

/**
 * Asks the provider within a few seconds for the records of a new claim, and saves them. If the provider does
 * not give them in time, the claim has its ownership record alone, and its `problem` says why.
 * @returns the claim afterwards.
 */
export async function firstRecords(deps: ProviderDeps, row: DomainRow): Promise<DomainRow> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), TIMEOUT_MS);
  });
  const answer = findOrCreateAtProvider(deps, row.name);
  // After the timeout nothing awaits it: a late error must not be an unhandled rejection.
  answer.catch(() => undefined);
  const result = await Promise.race([answer, timeout]);
  clearTimeout(timer);
  const provider_problem = result
    ? result.problem
    : 'The mail provider has not answered yet: Postroom tries again automatically.';
  const change = { records: recordsOf(row, result?.domain ?? null), provider_problem };
  // DNS was not asked yet, so no answer is missing.
  const problem = problemOf({ ...row, ...change }, new Set(change.records.map(({ purpose }) => purpose)));
  // If the workflow has looked in the meantime, what it wrote is newer.
  const filter = { _id: row._id, changes: row.changes };
  await deps.models.Domain.updateOne(filter, { $set: { ...change, problem } });
  return deps.models.Domain.findById(row._id).orFail().lean<DomainRow>();
}
