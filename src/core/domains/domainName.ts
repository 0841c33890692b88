import { domainToASCII } from 'node:url';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1035 allows 253 characters; the ownership record's name is `_postroom.<name>`. */
const MAX_LENGTH = 253 - '_postroom.'.length;
const FAULT = 'must be a domain name alone, such as acme.com';

export type DomainName = { name: string } | { name: null; fault: string };

/**
 * Normalises a domain name: lower case, IDN to ASCII, no final dot.
 * @returns a fault that says what to write instead, when mail cannot be sent to such a name.
 */
export function readDomainName(written: string): DomainName {
  const given = written.trim();
  if (/^[a-z]+:\/\//i.test(given) || given.includes('/'))
    return refuse(`${FAULT}: leave out “https://” and everything after the name`);
  if (given.includes('@')) return refuse(`${FAULT}: only the part after the @`);
  // Characters that end or change a host for the URL parser behind domainToASCII.
  if (/[\s"<>(),:;\\[\]?#%\p{Cc}*_]/u.test(given)) return refuse(FAULT);
  const name = domainToASCII(given.toLowerCase()).replace(/\.$/, '');
  const labels = name.split('.');
  if (labels.length < 2) return refuse(`${FAULT}, with at least two parts`);
  if (name.length > MAX_LENGTH || !labels.every((label) => LABEL.test(label))) return refuse(FAULT);
  // The last part of a domain is never a number: this is an IP address.
  return /^\d+$/.test(labels.at(-1) as string) ? refuse(FAULT) : { name };
}

const refuse = (fault: string): DomainName => ({ name: null, fault });
