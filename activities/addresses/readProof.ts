import type { AddressProofRow } from '../../src/infra/models/index.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

/** The proof of this run while it is pending, else null. */
export function readProof({ models }: Deps, { id, run }: SetUpRun): Promise<AddressProofRow | null> {
  return models.AddressProof.findOne({ _id: id, run, state: 'pending' }).lean<AddressProofRow>();
}

/** The result of mailing from the platform's own address: `later` = the provider is not available. */
export type ProofVerdict = { verdict: 'over' } | { verdict: 'later'; ms: number };
