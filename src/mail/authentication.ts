import { getDomain } from 'tldts';
import { domainPart, normaliseAddress } from './addresses.ts';
import { headerValues } from './headers.ts';
import type { Verdict } from './inboundEmail.ts';
import type { StoredMail } from './storedMail.ts';

/** Whether a mail comes from the domain in its From. */
export interface Authentication {
  /** As the provider says, about whatever domain was checked. */
  spf: Verdict;
  dkim: Verdict;
  /** `pass` where SPF or DKIM passed for From's domain (RFC 7489, 3.1). */
  dmarc: Verdict;
  /**
   * `pass`: SPF or DKIM proves From's domain. `fail`: the provider has checked, nothing proves it, and SPF or
   * DKIM failed. Else `none`.
   */
  verdict: 'pass' | 'fail' | 'none';
}

type Mail = Pick<StoredMail, 'from' | 'envelope_from' | 'headers' | 'verdicts'>;

export function authenticationOf({ from, envelope_from, headers, verdicts }: Mail): Authentication {
  const { spf, dkim } = verdicts;
  const domain = organisationOf(from?.email);
  const isAligned = (other: string | null) => domain !== null && other === domain;
  const passes =
    (spf === 'pass' && isAligned(organisationOf(envelope_from))) ||
    (dkim === 'pass' && isSignedBy(headerValues(headers, 'DKIM-Signature'), isAligned));
  const fails = !passes && (spf === 'fail' || dkim === 'fail');
  return {
    spf,
    dkim,
    dmarc: passes ? 'pass' : 'unknown',
    verdict: passes ? 'pass' : fails ? 'fail' : 'none',
  };
}

/**
 * The provider does not say which signature it has checked, and a sender can add one that fails. So all of
 * them must be From's.
 */
function isSignedBy(signatures: string[], isAligned: (domain: string | null) => boolean): boolean {
  const domains = signatures.map((signature) => /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(signature)?.[1]);
  return domains.length > 0 && domains.every((domain) => isAligned(organisationOf(domain)));
}

/** The organisational domain (RFC 7489, 3.2) of an address or a domain. */
function organisationOf(written: string | null | undefined): string | null {
  const address = normaliseAddress(written?.includes('@') ? written : `x@${written ?? ''}`);
  return address === null ? null : getDomain(domainPart(address), { allowPrivateDomains: true });
}
