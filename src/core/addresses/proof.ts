import { randomBytes } from 'node:crypto';
import type { AddressProofRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { hashOf } from '../../lib/ids.ts';
import { updateAddressFlags } from './addressFlags.ts';
import { domainPart } from '../../mail/addresses.ts';
import { claimReceiving } from './receiving.ts';
import { DAY_MS, HOUR_MS } from '../../lib/time.ts';

/** How long a proof may take; then the mail that was held for it is skipped. */
export const PROOF_DAYS = 14;
export const PROVE_WITHIN_MS = PROOF_DAYS * DAY_MS;

/**
 * How many codes may be requested in which time. Ten tries for each of ten codes a day find one of a million
 * in 27 years.
 */
const LIMITS = [
  { withinMs: 60_000, most: 2 },
  { withinMs: HOUR_MS, most: 5 },
  { withinMs: DAY_MS, most: 10 },
];
export const KEPT_REQUESTS = 10;

/**
 * @returns milliseconds until another code may be requested; 0 = now.
 * @param earlier requests, oldest first
 */
export function waitBeforeAsking(earlier: readonly Date[], now: number): number {
  const waits = LIMITS.map(({ withinMs, most }) => {
    const oldest = earlier.filter((at) => at.getTime() > now - withinMs).at(-most);
    return oldest ? oldest.getTime() + withinMs - now : 0;
  });
  return Math.max(...waits);
}

type Email = Pick<WorkspaceEmailRow, '_id' | 'workspace_id' | 'address'>;

export const proofId = ({ workspace_id, address }: Omit<Email, '_id'>): string =>
  hashOf('proof', workspace_id, address);

/** The name for a proof's TXT record. Several addresses of one domain may each have a record there. */
export const dnsName = (address: string): string => `_postroom.${domainPart(address)}`;

/** Whether the address may still be proved: until then its mail is held. */
export const isAwaited = (email: WorkspaceEmailRow): boolean =>
  email.proved_at === null && email.active && email.deleted_at === null && !email.expired_at;

/**
 * Begins the proof of an address, or begins it again: asks for a workflow run and for a mail with a code,
 * unless too many codes were requested. What counts towards the limits is kept.
 */
export async function beginProof(models: Models, email: Email): Promise<AddressProofRow> {
  const now = new Date();
  const existing = await models.AddressProof.findById(proofId(email), { asked_at: 1 }).lean();
  const tooOften = waitBeforeAsking(existing?.asked_at ?? [], now.getTime()) > 0;
  const resetFields = {
    workspace_email_id: email._id,
    state: 'pending',
    proved_by: null,
    expires_at: new Date(now.getTime() + PROVE_WITHIN_MS),
    wants_start: true,
    code_wanted_at: tooOften ? null : now,
    check_wanted_at: now,
    // The limit is per requested code, not per stored one: while the provider is unavailable, retries store
    // many codes that are never delivered.
    ...(!tooOften && { tries: 0 }),
    code_problem: tooOften ? 'Too many codes were requested for this address. Request one later.' : null,
    forwarding_seen_at: null,
    // A mail of an earlier proof, which somebody may have kept, proves nothing today.
    references: [],
    problem: null,
  };
  const firstFields = {
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
        $set: resetFields,
        $setOnInsert: firstFields,
        $inc: { run: 1 },
        $push: { asked_at: { $each: tooOften ? [] : [now], $slice: -KEPT_REQUESTS } },
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

/** The proof is there, but the address cannot receive here. */
export const RECEIVED_ELSEWHERE =
  'Another workspace receives mail for this address: it must delete the address, ' +
  'or switch receiving off, first';

/**
 * Records that the address is proved to belong to the workspace. Idempotent; safe to call concurrently.
 * @returns `elsewhere`: another workspace receives for the address, and this one cannot until that has ended.
 *   `no address`: its row does not exist (yet).
 */
export async function proveAddress(
  models: Models,
  proof: AddressProofRow,
  by: NonNullable<AddressProofRow['proved_by']>,
): Promise<'proved' | 'elsewhere' | 'no address'> {
  const { _id, workspace_email_id: email } = proof;
  const row = await models.WorkspaceEmail.findById(email, { address: 1, receive_off: 1 }).lean();
  if (!row) return 'no address';
  if (!row.receive_off && !(await claimReceiving(models, row))) {
    await models.AddressProof.updateOne({ _id }, { $set: { problem: `${RECEIVED_ELSEWHERE}.` } });
    return 'elsewhere';
  }
  await models.WorkspaceEmail.updateOne(
    { _id: email, proved_at: null, deleted_at: null },
    { $set: { proved_at: new Date(), expired_at: null, can_receive: !row.receive_off } },
  );
  await updateAddressFlags(models, email);
  await models.AddressProof.updateOne(
    { _id, workspace_email_id: email, state: { $ne: 'dropped' }, proved_by: null },
    { $set: { state: 'proved', proved_by: by, problem: null } },
  );
  return 'proved';
}
