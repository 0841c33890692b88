import { cancellationSignal } from '@temporalio/activity';
import { proofReminderMail } from '../../src/core/addresses/proofMails.ts';
import { mailOwners } from '../../src/core/platformMail/mailOwners.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readProof, type ProofVerdict } from './readProof.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

const LATER_MS = HOUR_MS;

/** Reminds the workspace's owners that an address is not proved yet. @param reminder its number, from 1 */
export async function remindOfProof(deps: Deps, run: SetUpRun, reminder: number): Promise<ProofVerdict> {
  const proof = await readProof(deps, run);
  if (!proof) return { verdict: 'over' };
  const isMailed = await mailOwners(
    deps,
    proof.workspace_id,
    { key: `proof-reminder.${proof._id}.${proof.run}.${reminder}`, ...proofReminderMail(proof) },
    cancellationSignal(),
  );
  return isMailed ? { verdict: 'over' } : { verdict: 'later', ms: LATER_MS };
}
