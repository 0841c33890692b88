import type { AddressProofRow } from '../../src/infra/models/index.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

/** The proof of this run while it is still to be had, else null. */
export function readProof({ models }: Deps, { id, run }: SetUpRun): Promise<AddressProofRow | null> {
  return models.AddressProof.findOne({ _id: id, run, state: 'pending' }).lean<AddressProofRow>();
}

/** What came of a mail of the platform's own: `later` = the provider is away. */
export type ProofVerdict = { verdict: 'over' } | { verdict: 'later'; ms: number };
