import ipaddr from 'ipaddr.js';

/**
 * The network that is counted for an address: IPv4 whole; of IPv6 the first half, since one household has the
 * second.
 */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
