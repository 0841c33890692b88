import { updateAddressFlags } from '../../src/core/addresses/addressFlags.ts';
import { PROVE_WITHIN_MS } from '../../src/core/addresses/proof.ts';
import type { AddressProofRow } from '../../src/infra/models/index.ts';
import type { ProofOutcome, SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

export type ProofLook =
  | { verdict: 'over'; state: ProofOutcome['action'] }
  /** `expiresInMs`: then the row has something new to say at the latest. */
  | { verdict: 'pending'; codeWanted: boolean; checkWanted: boolean; expiresInMs: number };

/** Between a proof's beginning and its address lie milliseconds. */
const ABOUT_TO_MS = 60_000;

/** Where the proof is, as its row says; one that is over its time expires here. */
export async function lookAtProof({ models }: Deps, { id, run }: SetUpRun): Promise<ProofLook> {
  const proof = await models.AddressProof.findOne({ _id: id, run }).lean<AddressProofRow>();
  if (!proof) return { verdict: 'over', state: 'superseded' };
  if (proof.state !== 'pending') return { verdict: 'over', state: proof.state };
  const email = await models.WorkspaceEmail.findById(proof.workspace_email_id, {
    proved_at: 1,
    deleted_at: 1,
  }).lean();
  // Its process died before it was noted here.
  if (email?.proved_at) {
    await updateAddressFlags(models, email._id);
    return end(models, proof, 'proved');
  }
  if (email?.deleted_at) return end(models, proof, 'dropped');
  const now = Date.now();
  if (!email) {
    // It is made after its proof: it is about to be there, or its process has died, and nobody is mailed or reminded for it.
    const expiresInMs = proof.expires_at.getTime() - PROVE_WITHIN_MS + ABOUT_TO_MS - now;
    if (expiresInMs <= 0) return end(models, proof, 'dropped');
    return { verdict: 'pending', codeWanted: false, checkWanted: false, expiresInMs };
  }
  if (proof.expires_at.getTime() > now) {
    const { code_wanted_at, check_wanted_at, expires_at } = proof;
    // One that is wanted may be due a little later (infra/dns/lookGap.ts).
    const isDue = check_wanted_at !== null && check_wanted_at.getTime() <= now;
    const until = isDue ? expires_at : (check_wanted_at ?? expires_at);
    const isWanted = { codeWanted: code_wanted_at !== null, checkWanted: isDue };
    return { verdict: 'pending', ...isWanted, expiresInMs: until.getTime() - now };
  }
  await models.WorkspaceEmail.updateOne(
    { _id: proof.workspace_email_id, proved_at: null },
    { $set: { expired_at: new Date() } },
  );
  return end(models, proof, 'expired');
}

async function end(
  models: Deps['models'],
  { _id, run }: AddressProofRow,
  state: 'proved' | 'expired' | 'dropped',
): Promise<ProofLook> {
  await models.AddressProof.updateOne({ _id, run, state: 'pending' }, { $set: { state } });
  return { verdict: 'over', state };
}
