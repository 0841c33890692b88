import { updateAddressFlags } from '../../src/core/addresses/addressFlags.ts';
import { PROVE_WITHIN_MS } from '../../src/core/addresses/proof.ts';
import type { AddressProofRow } from '../../src/infra/models/index.ts';
import type { ProofOutcome, SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';

export type ProofLook =
  | { verdict: 'over'; state: ProofOutcome['action'] }
  /** `expiresInMs`: at the latest after this time the row must be read again. */
  | { verdict: 'pending'; codeWanted: boolean; checkWanted: boolean; expiresInMs: number };

/**
 * The row of an address is made some milliseconds after its proof; after this time its process has died (ms).
 */
const ABOUT_TO_MS = 60_000;

/** The state of the proof, as its row says. A proof whose time is over expires here. */
export async function lookAtProof({ models }: Deps, { id, run }: SetUpRun): Promise<ProofLook> {
  const proof = await models.AddressProof.findOne({ _id: id, run }).lean<AddressProofRow>();
  if (!proof) return { verdict: 'over', state: 'superseded' };
  if (proof.state !== 'pending') return { verdict: 'over', state: proof.state };
  const email = await models.WorkspaceEmail.findById(proof.workspace_email_id, {
    proved_at: 1,
    deleted_at: 1,
  }).lean();
  // The process that proved it died before it wrote that to the proof.
  if (email?.proved_at) {
    await updateAddressFlags(models, email._id);
    return end(models, proof, 'proved');
  }
  if (email?.deleted_at) return end(models, proof, 'dropped');
  const now = Date.now();
  if (!email) {
    // The address's row is made after the proof. Either it will be there in a moment, or its process has
    // died. Nobody is sent a code or a reminder for it.
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
