import { domainPart, normaliseAddress, withoutTag } from './addresses.ts';
import { hashOf } from '../lib/ids.ts';

/**
 * For whom a mail probably is, before its workspace is known: the recipient's domain belongs to one workspace,
 * and so does each address on the platform's own domain. It is 16 bits of a hash: enough to keep workspaces
 * apart as a rule, and too few to find out the address.
 */
export function fairnessKeyOf(recipient: string, platformDomain: string): string {
  const address = normaliseAddress(recipient) ?? recipient;
  const domain = domainPart(address);
  return hashOf(domain === platformDomain ? (withoutTag(address) ?? address) : domain).slice(0, 4);
}
