import { releaseHeld } from '../../src/sweeps/releaseHeld.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

/** The proof is over: mail that was held for its address runs again. */
export async function releaseHeldMail({ models, rerun }: Deps, { id }: SetUpRun): Promise<void> {
  const proof = await models.AddressProof.findById(id, { workspace_email_id: 1 }).lean();
  // Runs take their rows over one after the other; the worker's sweep sees to what is left.
  if (proof) await releaseHeld({ models, rerun }, [proof.workspace_email_id]);
}
