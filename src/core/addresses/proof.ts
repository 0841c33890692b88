import { randomBytes } from 'node:crypto';
import type { AddressProofRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { hashOf } from '../../lib/ids.ts';
import { applyFlags } from './addressFlags.ts';
import { domainPart } from '../../mail/addresses.ts';
import { claimReceiving } from './receiving.ts';
import { DAY_MS, HOUR_MS } from '../../lib/time.ts';

/** How long a proof may take; then mail that waited for it is skipped. */
export const PROOF_DAYS = 14;
export const PROVE_WITHIN_MS = PROOF_DAYS * DAY_MS;

/** How many codes may be asked for within how long: ten tries at each of ten a day find one of a million in 27 years. */
const LIMITS = [
  { withinMs: 60_000, most: 2 },
  { withinMs: HOUR_MS, most: 5 },
  { withinMs: DAY_MS, most: 10 },
];
export const KEPT_ASKS = 10;

/** @returns milliseconds until another code may be asked for; 0 = now. @param asked when others were, oldest first */
export function waitBeforeAsking(asked: readonly Date[], now: number): number {
  const waits = LIMITS.map(({ withinMs, most }) => {
    const oldest = asked.filter((at) => at.getTime() > now - withinMs).at(-most);
    return oldest ? oldest.getTime() + withinMs - now : 0;
  });
  return Math.max(...waits);
}

type Email = Pick<WorkspaceEmailRow, '_id' | 'workspace_id' | 'address'>;

export const proofId = ({ workspace_id, address }: Omit<Email, '_id'>): string =>
  hashOf('proof', workspace_id, address);

/** Where the TXT record of a proof is to stand; several addresses of one domain may each have theirs there. */
export const dnsName = (address: string): string => `_postroom.${domainPart(address)}`;

/** Its proof may still come: its mail is held. */
export const isAwaited = (email: WorkspaceEmailRow): boolean =>
  email.proved_at === null && email.active && email.deleted_at === null && !email.expired_at;

/**
 * Begins the proof of an address, or begins it again: a run is wanted, and a mail with a code, unless too many were asked for.
 * What counts against limits stays.
 */
export async function beginProof(models: Models, email: Email): Promise<AddressProofRow> {
  const now = new Date();
  const before = await models.AddressProof.findById(proofId(email), { asked_at: 1 }).lean();
  const tooOften = waitBeforeAsking(before?.asked_at ?? [], now.getTime()) > 0;
  const again = {
    workspace_email_id: email._id,
    state: 'pending',
    proved_by: null,
    expires_at: new Date(now.getTime() + PROVE_WITHIN_MS),
    wants_start: true,
    code_wanted_at: tooOften ? null : now,
    check_wanted_at: now,
    // As many as codes are asked for, not as are kept: a provider that is away has many kept that nobody gets.
    ...(!tooOften && { tries: 0 }),
    code_problem: tooOften ? 'codes were asked for too often; have one sent later' : null,
    forwarding_seen_at: null,
    // Mails of an earlier proof, which somebody may have kept, show nothing of today.
    references: [],
    problem: null,
  };
  const first = {
    workspace_id: email.workspace_id,
    address: email.address,
    dns_value: `postroom-email=${randomBytes(16).toString('hex')}`,
    dns_found: [],
    dns_note: null,
    dns_checked_at: null,
    codes: [],
    created_at: now,
  };
  return once(() =>
    models.AddressProof.findOneAndUpdate(
      { _id: proofId(email) },
      {
        $set: again,
        $setOnInsert: first,
        $inc: { run: 1 },
        $push: { asked_at: { $each: tooOften ? [] : [now], $slice: -KEPT_ASKS } },
      },
      { upsert: true, returnDocument: 'after' },
    )
      .orFail()
      .lean<AddressProofRow>(),
  );
}

export function proofOf(models: Models, email: Email): Promise<AddressProofRow | null> {
  return models.AddressProof.findOne({
    workspace_id: email.workspace_id,
    workspace_email_id: email._id,
  }).lean<AddressProofRow>();
}

/**
 * The address is shown to be the workspace's. Any number of times, and by several ways at once.
 * @returns `elsewhere`: another workspace receives for it, and this one cannot until that has ended. `no address`: it is not there (yet).
 */
export async function prove(
  models: Models,
  proof: AddressProofRow,
  by: NonNullable<AddressProofRow['proved_by']>,
): Promise<'proved' | 'elsewhere' | 'no address'> {
  const { _id, workspace_email_id: email } = proof;
  const row = await models.WorkspaceEmail.findById(email, { address: 1, receive_off: 1 }).lean();
  if (!row) return 'no address';
  if (!row.receive_off && !(await claimReceiving(models, row))) {
    const problem = 'another workspace receives for this address; it must let go of it first';
    await models.AddressProof.updateOne({ _id }, { $set: { problem } });
    return 'elsewhere';
  }
  await models.WorkspaceEmail.updateOne(
    { _id: email, proved_at: null, deleted_at: null },
    { $set: { proved_at: new Date(), expired_at: null, can_receive: !row.receive_off } },
  );
  await applyFlags(models, email);
  await models.AddressProof.updateOne(
    { _id, workspace_email_id: email, state: { $ne: 'dropped' }, proved_by: null },
    { $set: { state: 'proved', proved_by: by, problem: null } },
  );
  return 'proved';
}
