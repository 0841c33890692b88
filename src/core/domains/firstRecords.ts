import type { DomainRow } from '../../infra/models/index.ts';
import { findOrCreate, type ProviderDeps } from './atProvider.ts';
import { recordsOf } from './records.ts';
import { problemOf } from './problemText.ts';

/** Whoever asks waits for the answer; the run of the claim goes on trying (ms). */
const WITHIN_MS = 5_000;

/**
 * The records that the provider asks for, into a new claim, within some seconds. Where that is not to be had the claim has its
 * ownership record alone, and says why. @returns the claim as it is then.
 */
export async function firstRecords(deps: ProviderDeps, row: DomainRow): Promise<DomainRow> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), WITHIN_MS);
  });
  const asking = findOrCreate(deps, row.name);
  // Nobody waits for it any more when it is late.
  asking.catch(() => undefined);
  const asked = await Promise.race([asking, late]);
  clearTimeout(timer);
  const provider_problem = asked
    ? asked.problem
    : 'The mail provider takes long to answer; it is asked again.';
  const change = { records: recordsOf(row, asked?.domain ?? null), provider_problem };
  // Nobody was asked yet, so nobody was silent.
  const problem = problemOf({ ...row, ...change }, new Set(change.records.map(({ purpose }) => purpose)));
  // The run may have looked already: then what it wrote is newer.
  const filter = { _id: row._id, changes: row.changes };
  await deps.models.Domain.updateOne(filter, { $set: { ...change, problem } });
  return deps.models.Domain.findById(row._id).orFail().lean<DomainRow>();
}
