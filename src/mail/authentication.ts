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
  /** As the provider says, else `pass` where SPF or DKIM passed for From's domain (RFC 7489, 3.1). */
  dmarc: Verdict;
  /**
   * `pass`: SPF, DKIM or DMARC proves From's domain. `fail`: the provider has checked, nothing proves it, and SPF
   * or DKIM failed. Else `none`.
   */
  verdict: MailVerdict;
}
export const MAIL_VERDICTS = ['pass', 'fail', 'none'] as const;
export type MailVerdict = (typeof MAIL_VERDICTS)[number];

type Mail = Pick<StoredMail, 'from' | 'envelope_from' | 'headers' | 'verdicts'>;

export function authenticationOf({ from, envelope_from, headers, verdicts }: Mail): Authentication {
  const { spf, dkim, dmarc, passed } = verdicts;
  const domain = organisationOf(from?.email);
  const isAligned = (other: string | null | undefined) => domain !== null && organisationOf(other) === domain;
  const spfAligned = passed ? passed.spf.some(isAligned) : isAligned(envelope_from);
  const dkimAligned = passed
    ? passed.dkim.some(isAligned)
    : isSignedBy(headerValues(headers, 'DKIM-Signature'), isAligned);
  const passes =
    (spf === 'pass' && spfAligned) ||
    (dkim === 'pass' && dkimAligned) ||
    (dmarc === 'pass' && domain !== null);
  const fails = !passes && (spf === 'fail' || dkim === 'fail');
  return {
    spf,
    dkim,
    dmarc: dmarc ?? (passes ? 'pass' : 'unknown'),
    verdict: passes ? 'pass' : fails ? 'fail' : 'none',
  };
}

/**
 * The provider does not say which signature it has checked, and a sender can add one that fails. So all of
 * them must be From's.
 */
function isSignedBy(signatures: string[], isAligned: (domain: string | undefined) => boolean): boolean {
  const domains = signatures.map((signature) => /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(signature)?.[1]);
  return domains.length > 0 && domains.every(isAligned);
}

/**
 * The organisational domain (RFC 7489, 3.2) of an address or a domain, by the public suffix list; null when it has
 * none.
 */
export function organisationOf(written: string | null | undefined): string | null {
  const address = normaliseAddress(written?.includes('@') ? written : `x@${written ?? ''}`);
  return address === null ? null : getDomain(domainPart(address), { allowPrivateDomains: true });
}

/** Whether two addresses are of one organisational domain. */
export function isOneOrganisation(a: string, b: string): boolean {
  const organisation = organisationOf(a);
  return organisation !== null && organisation === organisationOf(b);
}
