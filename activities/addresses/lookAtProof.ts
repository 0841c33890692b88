import { updateAddressFlags } from '../../src/core/addresses/addressFlags.ts';
import { PROVE_WITHIN_MS } from '../../src/core/addresses/proof.ts';
import type { AddressProofRow } from '../../src/infra/models/index.ts';
import type { ProofOutcome, SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';
import type { Deps } from '../deps.ts';

export type ProofLook =
  | { verdict: 'over'; state: ProofOutcome['action'] }
  /** `expiresInMs`: how long the run may wait before it must look again. */
  | { verdict: 'pending'; codeWanted: boolean; checkWanted: boolean; expiresInMs: number };

/** How long after a proof its address must exist; normally they are milliseconds apart. */
const CREATED_WITHIN_MS = MINUTE_MS;

/** Reads the state of the proof; a pending one whose time is over expires here. */
export async function lookAtProof({ models }: Deps, { id, run }: SetUpRun): Promise<ProofLook> {
  const proof = await models.AddressProof.findOne({ _id: id, run }).lean<AddressProofRow>();
  if (!proof) return { verdict: 'over', state: 'superseded' };
  if (proof.state !== 'pending') return { verdict: 'over', state: proof.state };
  const email = await models.WorkspaceEmail.findById(proof.workspace_email_id, {
    proved_at: 1,
    deleted_at: 1,
  }).lean();
  // The address is proved, but the process died before it wrote that into the proof.
  if (email?.proved_at) {
    await updateAddressFlags(models, email._id);
    return endProof(models, proof, 'proved');
  }
  if (email?.deleted_at) return endProof(models, proof, 'dropped');
  const now = Date.now();
  if (!email) {
    // The address is created after its proof: it is about to exist, or the process has died. Until it exists,
    // no code and no reminder is sent.
    const expiresInMs = proof.expires_at.getTime() - PROVE_WITHIN_MS + CREATED_WITHIN_MS - now;
    if (expiresInMs <= 0) return endProof(models, proof, 'dropped');
    return { verdict: 'pending', codeWanted: false, checkWanted: false, expiresInMs };
  }
  if (proof.expires_at.getTime() > now) {
    const { code_wanted_at, check_wanted_at, expires_at } = proof;
    // A requested check may be due a little later (infra/dns/lookGap.ts).
    const isDue = check_wanted_at !== null && check_wanted_at.getTime() <= now;
    const until = isDue ? expires_at : (check_wanted_at ?? expires_at);
    const wanted = { codeWanted: code_wanted_at !== null, checkWanted: isDue };
    return { verdict: 'pending', ...wanted, expiresInMs: until.getTime() - now };
  }
  await models.WorkspaceEmail.updateOne(
    { _id: proof.workspace_email_id, proved_at: null },
    { $set: { expired_at: new Date() } },
  );
  return endProof(models, proof, 'expired');
}

async function endProof(
  models: Deps['models'],
  { _id, run }: AddressProofRow,
  state: 'proved' | 'expired' | 'dropped',
): Promise<ProofLook> {
  await models.AddressProof.updateOne({ _id, run, state: 'pending' }, { $set: { state } });
  return { verdict: 'over', state };
}
