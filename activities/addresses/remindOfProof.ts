import { cancellationSignal } from '@temporalio/activity';
import { proofReminderMail } from '../../src/core/addresses/proofMails.ts';
import { mailOwners } from '../../src/core/platformMail/mailOwners.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readProof, type ProofVerdict } from './readProof.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

const LATER_MS = HOUR_MS;

/** Reminds the workspace's owners that an address is still to be proved. @param n of the reminder, from 1 */
export async function remindOfProof(deps: Deps, run: SetUpRun, n: number): Promise<ProofVerdict> {
  const proof = await readProof(deps, run);
  if (!proof) return { verdict: 'over' };
  const told = await mailOwners(
    deps,
    proof.workspace_id,
    { key: `proof-reminder.${proof._id}.${proof.run}.${n}`, ...proofReminderMail(proof) },
    cancellationSignal(),
  );
  return told ? { verdict: 'over' } : { verdict: 'later', ms: LATER_MS };
}
