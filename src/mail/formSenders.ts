import { domainPart, normaliseAddress } from './addresses.ts';
import { organisationOf } from './authentication.ts';

/**
 * Form services: domains that mail what visitors wrote into a form, with the visitor in Reply-To. An address lists
 * those that it trusts to say who the visitor is.
 */

/** The most domains that an address lists. */
export const MAX_FORM_SENDERS = 50;

/** A domain as it is stored in the list; null when it is none, or belongs to everybody (`com`, `co.uk`). */
export function formSender(written: string): string | null {
  const address = normaliseAddress(`x@${written.trim()}`);
  if (address === null) return null;
  const domain = domainPart(address);
  return organisationOf(domain) === null ? null : domain;
}

/** Whether the address is of a listed domain, or of a part of one. */
export function isFormSender(email: string, listed: readonly string[]): boolean {
  const address = normaliseAddress(email);
  if (address === null) return false;
  const domain = domainPart(address);
  return listed.some((sender) => domain === sender || domain.endsWith(`.${sender}`));
}
