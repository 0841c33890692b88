import type { AddressProofRow, ForwardingAddressRow } from '../../src/infra/models/index.ts';
import type { InboundEmailRow } from '../../src/infra/models/inboundEmail.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { proveAddress } from '../../src/core/addresses/proof.ts';
import { findReference, hashReference } from '../../src/core/addresses/reference.ts';
import { normaliseAddress } from '../../src/mail/addresses.ts';
import { readConfirmation } from '../../src/mail/forwardingConfirmation.ts';
import { setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { Deps } from '../deps.ts';

/** Kept of one forwarding address; who sends more is no mail host. */
const MAX_CONFIRMATIONS = 10;

/**
 * Mail that comes through a forwarding address because forwarding is being set up: our own mail with a code coming back, or a mail
 * host that asks whether it may forward. What it says is shown on the address; it is no ticket.
 * @param row with the mail's bodies. @returns why it goes no further, or null for all other mail
 */
export async function takeSetUpMail(
  deps: Deps,
  row: InboundEmailRow,
  forwarding: ForwardingAddressRow,
): Promise<string | null> {
  const mail = row.mail as StoredMail;
  if (await takeReturned(deps, mail, forwarding)) return 'the proof of an address came back';
  // The same mail hosts write to their customers, whose mail is forwarded: this one is for the forwarding address itself.
  const isForIt = mail.to.some(({ email }) => normaliseAddress(email) === forwarding.address);
  const found = isForIt ? readConfirmation(mail) : null;
  if (!found) return null;
  const confirmation = { ...found, inbound_email_id: row._id, at: row.received_at };
  await deps.models.ForwardingAddress.updateOne(
    { _id: forwarding._id, 'confirmations.inbound_email_id': { $ne: row._id } },
    { $push: { confirmations: { $each: [confirmation], $slice: -MAX_CONFIRMATIONS } } },
  );
  return 'a mail host asked to confirm forwarding';
}

/** Only a forwarding address of the same workspace proves: whoever set the forwarding up knew it, and has the mailbox. */
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
