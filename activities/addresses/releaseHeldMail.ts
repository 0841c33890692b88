import { releaseHeld } from '../../src/sweeps/releaseHeld.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

/** After the proof has ended: runs the mail again that was held for its address. */
export async function releaseHeldMail({ models, rerun }: Deps, { id }: SetUpRun): Promise<void> {
  const proof = await models.AddressProof.findById(id, { workspace_email_id: 1 }).lean();
  // If this fails half-way, the worker's sweep releases the rest.
  if (proof) await releaseHeld({ models, rerun }, [proof.workspace_email_id]);
}
