import type { AddressProofRow, ForwardingAddressRow } from '../../src/infra/models/index.ts';
import type { InboundEmailRow } from '../../src/infra/models/inboundEmail.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { proveAddress } from '../../src/core/addresses/proof.ts';
import { findReference, hashReference } from '../../src/core/addresses/reference.ts';
import { normaliseAddress } from '../../src/mail/addresses.ts';
import { readConfirmation } from '../../src/mail/forwardingConfirmation.ts';
import { setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { Deps } from '../deps.ts';

/** The reason for which a mail with a code is skipped that has come back and proved its address. */
export const RETURNED = 'the proof of an address came back';
/** Most confirmations kept for one forwarding address. */
const MAX_CONFIRMATIONS = 10;

/**
 * Handles mail that comes through a forwarding address because forwarding is being set up: our own mail with
 * a code coming back, or a mail host's question whether it may forward. Its content is shown on the address;
 * it becomes no ticket.
 * @param row with the mail's bodies. @returns why the mail is skipped, or null for all other mail
 */
export async function takeSetUpMail(
  deps: Deps,
  row: InboundEmailRow,
  forwarding: ForwardingAddressRow,
): Promise<string | null> {
  const mail = row.mail as StoredMail;
  if (await takeReturned(deps, mail, forwarding)) return RETURNED;
  // Only mail to the forwarding address itself: mail hosts also write to their customers, whose mail is
  // forwarded.
  const isToForwarding = mail.to.some(({ email }) => normaliseAddress(email) === forwarding.address);
  const confirmation = isToForwarding ? readConfirmation(mail) : null;
  if (!confirmation) return null;
  const stored = { ...confirmation, inbound_email_id: row._id, at: row.received_at };
  await deps.models.ForwardingAddress.updateOne(
    { _id: forwarding._id, 'confirmations.inbound_email_id': { $ne: row._id } },
    { $push: { confirmations: { $each: [stored], $slice: -MAX_CONFIRMATIONS } } },
  );
  return 'a mail host asked to confirm forwarding';
}

/**
 * Only a forwarding address of the same workspace counts: its secret address shows that a member set up the
 * forwarding.
 */
async function takeReturned(
  { models, wake }: Deps,
  mail: StoredMail,
  { workspace_id }: ForwardingAddressRow,
): Promise<boolean> {
  const reference = findReference(mail.message_id, mail.text, mail.html);
  if (reference === null) return false;
  const proof = await models.AddressProof.findOne({
    workspace_id,
    references: hashReference(reference),
  }).lean<AddressProofRow>();
  if (!proof) return false;
  await models.AddressProof.updateOne({ _id: proof._id }, { $set: { forwarding_seen_at: new Date() } });
  if (proof.state === 'pending' || proof.state === 'expired')
    await proveAddress(models, proof, 'returned mail');
  await wake(setUpWorkflowId('verifyForwarding', proof._id, proof.run));
  return true;
}
