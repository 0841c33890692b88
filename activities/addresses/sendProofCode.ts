import { cancellationSignal } from '@temporalio/activity';
import { keepCode, newCode } from '../../src/core/addresses/codes.ts';
import { proofCodeMail } from '../../src/core/addresses/proofMails.ts';
import { hashReference, newReference } from '../../src/core/addresses/reference.ts';
import { sendPlatformMail } from '../../src/core/platformMail/sendPlatformMail.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';
import type { Deps } from '../deps.ts';
import { readProof, type ProofVerdict } from './readProof.ts';

const LATER_MS = MINUTE_MS;

/**
 * Mails a new code to the address. The code is stored before it is sent: if this runs twice, both codes work.
 */
export async function sendProofCode(deps: Deps, run: SetUpRun): Promise<ProofVerdict> {
  const { models, platformDomain } = deps;
  const proof = await readProof(deps, run);
  if (!proof?.code_wanted_at) return { verdict: 'over' };
  const reference = newReference();
  const { code, kept } = await newCode(new Date());
  await keepCode(models, proof, kept, hashReference(reference));
  const workspace = await models.Workspace.findById(proof.workspace_id, { name: 1 }).lean();
  const sent = await sendPlatformMail(
    deps,
    {
      to: proof.address,
      ...proofCodeMail(proof, { code, workspace: workspace?.name ?? '', reference }),
      messageId: `<${reference}@${platformDomain}>`,
      holds: { kind: 'code' },
    },
    cancellationSignal(),
  );
  const problem = sent.result === 'accepted' ? null : sent.reason;
  const isOver = sent.result !== 'not sent';
  await models.AddressProof.updateOne(
    // Only if no other code was requested meanwhile, which is another mail.
    { _id: proof._id, run: proof.run, code_wanted_at: proof.code_wanted_at },
    { $set: { code_problem: problem, ...(isOver && { code_wanted_at: null }) } },
  );
  if (isOver) return { verdict: 'over' };
  return { verdict: 'later', ms: Math.max(sent.retryAfterMs ?? 0, LATER_MS) };
}
