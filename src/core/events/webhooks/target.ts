import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The name of an endpoint led to an address that is not of the public internet. */
export class AddressNotAllowed extends Error {
  readonly code = 'address not allowed';
}

/** Azure's own for its machines (WireServer, DNS): of a public range, and reached from the inside only. */
const INSIDE = ['168.63.129.16'];

/**
 * Only addresses of the public internet: not loopback, private, link-local (with the clouds' metadata), carrier-grade NAT,
 * multicast, reserved, nor any of these written as IPv6 (mapped, NAT64, 6to4, Teredo).
 */
export function isAllowedAddress(address: string, allowLoopback: boolean): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const found = ipaddr.process(bare);
  const range = found.range();
  if (INSIDE.includes(found.toString())) return false;
  return range === 'unicast' || (allowLoopback && range === 'loopback');
}

/**
 * What is wrong with the URL of an endpoint, or null. Names are not looked up here: what they lead to may change, and is checked at
 * each connection (`checkedLookup`).
 */
export function faultOfUrl(text: string, allowLoopback: boolean): string | null {
  // Parsing drops line breaks and tabs: what is shown and mailed is to be what is posted to.
  if (text.length > 2_000 || /[\s\p{Cc}]/u.test(text) || !URL.canParse(text))
    return 'must be a URL of at most 2000 characters';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not have a user name or password in it';
  const host = url.hostname.replace(/\.$/, '');
  const isAddress = ipaddr.isValid(host.replace(/^\[|\]$/g, ''));
  const isLocal = /^(.*\.)?localhost$/.test(host);
  const isLoopback =
    allowLoopback &&
    (isLocal || (isAddress && isAllowedAddress(host, true) && !isAllowedAddress(host, false)));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    return 'must start with https://';
  if (isAddress ? !isAllowedAddress(host, allowLoopback) : isLocal && !allowLoopback)
    return 'must not lead to a private, local or reserved address';
  return null;
}

/**
 * `lookup` for a connection: connects to what was checked, in one go, so that a name cannot lead elsewhere in between. One address
 * that is not allowed among several refuses all.
 */
export function checkedLookup(allowLoopback: boolean, lookup: LookupFunction = systemLookup): LookupFunction {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const addresses = found as LookupAddress[];
      const isFine =
        addresses.length > 0 && addresses.every(({ address }) => isAllowedAddress(address, allowLoopback));
      if (!isFine) return done(new AddressNotAllowed(), []);
      const [first] = addresses;
      if (options.all) done(null, addresses);
      else done(null, first!.address, first!.family);
    });
}
