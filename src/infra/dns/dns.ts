export interface Dns {
  /** Asks every resolver. Never rejects: failures of resolvers are part of the answer. */
  lookUp(type: 'TXT' | 'MX' | 'CNAME', name: string): Promise<DnsAnswer>;
}

/**
 * The resolvers' answers about one name and type, counted. Values are in comparable form and sorted: MX as
 * `10 host`, the chunks of a TXT joined, hosts in lower case without the final dot.
 */
export interface DnsAnswer {
  /** Values that more than half of all configured resolvers have, counting those that did not answer. */
  agreed: string[];
  /** Values that at least one resolver has. */
  seen: string[];
  /** How many resolvers have each value of `seen`, in the same order. */
  counts: number[];
  /** Number of resolvers that gave values, or said that there are none (NXDOMAIN, NODATA). */
  answered: number;
  /** Number of resolvers that gave no answer: SERVFAIL, REFUSED, timeout. */
  failed: number;
  /** Number of configured resolvers. */
  resolvers: number;
}

/**
 * A sentence for a person: `2 of 3 DNS resolvers found the record; 1 did not answer`.
 * @param isWanted whether a value is the one to look for. Defaults to any value.
 */
export function describeAnswer(
  { seen, counts, failed, resolvers }: DnsAnswer,
  isWanted: (value: string) => boolean = () => true,
): string {
  const most = Math.max(0, ...seen.map((value, index) => (isWanted(value) ? counts[index]! : 0)));
  const noun = resolvers === 1 ? 'DNS resolver' : 'DNS resolvers';
  if (failed === resolvers) return `none of ${resolvers} ${noun} answered`;
  const needed = Math.floor(resolvers / 2) + 1;
  return [
    `${most === 0 ? 'none' : most} of ${resolvers} ${noun} found the record`,
    most > 0 && most < needed ? ` (${needed} must find it)` : '',
    failed > 0 ? `; ${failed} did not answer` : '',
  ].join('');
}
