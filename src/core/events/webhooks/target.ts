import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The endpoint's host name resolves to an address that is not on the public internet. */
export class AddressNotAllowed extends Error {
  readonly code = 'address not allowed';
}

/**
 * Azure's address for services of its machines (WireServer, DNS): in a public range, but reachable only from
 * inside.
 */
const INTERNAL = ['168.63.129.16'];

/**
 * Whether an address is on the public internet: not loopback, private, link-local (which has the clouds'
 * metadata), carrier-grade NAT, multicast or reserved, nor one of these written as IPv6 (mapped, NAT64, 6to4,
 * Teredo).
 */
export function isAllowedAddress(address: string, allowLoopback: boolean): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const parsed = ipaddr.process(bare);
  const range = parsed.range();
  if (INTERNAL.includes(parsed.toString())) return false;
  // All else of IPv6 is not given to anybody (RFC 4291, 2.4; IANA, "IPv6 Global Unicast Address Assignments").
  if (parsed instanceof ipaddr.IPv6 && range === 'unicast' && parsed.parts[0]! >> 13 !== 1) return false;
  return range === 'unicast' || (allowLoopback && range === 'loopback');
}

/**
 * What is wrong with the URL of an endpoint, or null. Host names are not resolved here: their addresses may
 * change, and are checked at each connection (`checkedLookup`).
 */
export function faultOfUrl(text: string, allowLoopback: boolean): string | null {
  // Parsing drops line breaks and tabs: the URL that is shown and mailed must be the one that is posted to.
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
 * The `lookup` function for a connection. It checks the very addresses to which the connection goes, so that
 * a name cannot resolve to another one in between. One forbidden address among several refuses all.
 */
export function checkedLookup(allowLoopback: boolean, lookup: LookupFunction = systemLookup): LookupFunction {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, result) => {
      if (error) return done(error, []);
      const addresses = result as LookupAddress[];
      const isAllowed =
        addresses.length > 0 && addresses.every(({ address }) => isAllowedAddress(address, allowLoopback));
      if (!isAllowed) return done(new AddressNotAllowed(), []);
      const [first] = addresses;
      if (options.all) done(null, addresses);
      else done(null, first!.address, first!.family);
    });
}
