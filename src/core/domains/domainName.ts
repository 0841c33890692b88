import { domainToASCII } from 'node:url';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1035: 253 characters, and `_postroom.` goes before it. */
const MAX_LENGTH = 253 - '_postroom.'.length;
const SAY = 'must be a domain name alone, such as acme.com';

export type DomainName = { name: string } | { name: null; fault: string };

/**
 * Lower case, IDN to ASCII, without a final dot: how domains are compared. What is no domain that mail can be sent to is told
 * what to write instead.
 */
export function readDomainName(written: string): DomainName {
  const given = written.trim();
  if (/^[a-z]+:\/\//i.test(given) || given.includes('/'))
    return refuse(`${SAY}: leave out “https://” and what follows the name`);
  if (given.includes('@')) return refuse(`${SAY}: what stands after the @`);
  // Characters that end or change a host for the URL parser behind domainToASCII.
  if (/[\s"<>(),:;\\[\]?#%\p{Cc}*_]/u.test(given)) return refuse(SAY);
  const name = domainToASCII(given.toLowerCase()).replace(/\.$/, '');
  const labels = name.split('.');
  if (labels.length < 2) return refuse(`${SAY}, of two parts or more`);
  if (name.length > MAX_LENGTH || !labels.every((label) => LABEL.test(label))) return refuse(SAY);
  // The last part of a domain is never a number: this is an IP address.
  return /^\d+$/.test(labels.at(-1) as string) ? refuse(SAY) : { name };
}

const refuse = (fault: string): DomainName => ({ name: null, fault });
