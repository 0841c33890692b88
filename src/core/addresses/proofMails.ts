import type { AddressProofRow } from '../../infra/models/index.ts';
import { dnsName } from './proof.ts';

interface ProofMail {
  subject: string;
  text: string;
}

/**
 * The mail with a code. It must not say where the workspace's mail is forwarded to: anybody may have
 * requested it.
 * @param reference recognises the mail when it comes back through a forwarding address (reference.ts).
 */
export function proofCodeMail(
  { address }: Pick<AddressProofRow, 'address'>,
  { code, workspace, reference }: { code: string; workspace: string; reference: string },
): ProofMail {
  return {
    subject: `${code} is your code for ${address}`,
    text: [
      `The workspace "${workspace}" wants to receive mail for ${address} in Postroom.`,
      '',
      'If you agree, enter this code in Postroom within 30 minutes:',
      '',
      `    ${code}`,
      '',
      'If mail to this address is already forwarded to Postroom, you do not need to do anything: ' +
        'Postroom recognises this mail when it arrives there.',
      '',
      'If you do not know about this request, ignore this mail: without the code nobody receives your mail.',
      '',
      `Reference: ${reference}`,
    ].join('\n'),
  };
}

/** Reminds the owners of a workspace that an address is not verified yet, and says how to verify it. */
export function proofReminderMail(
  proof: Pick<AddressProofRow, 'address' | 'expires_at' | 'dns_value'>,
): ProofMail {
  const { address, expires_at, dns_value } = proof;
  const lastDay = expires_at.toISOString().slice(0, 10);
  return {
    subject: `${address} is not verified yet`,
    text: [
      `Postroom does not process mail for ${address} yet, because the address is not verified.`,
      '',
      'To verify it, do one of the following:',
      `- Enter the code that was mailed to ${address}. If it is older than 30 minutes, request another one.`,
      `- Forward mail for ${address} to its forwarding address, and request another code. ` +
        'Postroom recognises that mail when it arrives, so you do not need to enter the code.',
      `- Publish a TXT record with the name ${dnsName(address)} and the value ${dns_value}`,
      '',
      `Mail that arrives for this address is kept until ${lastDay}. ` +
        'If the address is not verified by then, that mail is skipped.',
    ].join('\n'),
  };
}
