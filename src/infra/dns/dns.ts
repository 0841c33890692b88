export interface Dns {
  /** What each resolver says. Never rejects: what DNS does is in the answer. */
  lookUp(type: 'TXT' | 'MX' | 'CNAME', name: string): Promise<DnsAnswer>;
}

/** Values as they are compared: MX as `10 host`, chunks of a TXT joined, hosts in lower case without the final dot; sorted. */
export interface DnsAnswer {
  /** What more than half of all configured resolvers give, whether they answered or not. */
  agreed: string[];
  /** Everything that any of them gives. */
  seen: string[];
  /** How many resolvers give each of `seen`, in its order. */
  counts: number[];
  /** Resolvers that gave values, or said that there are none (NXDOMAIN, NODATA). */
  answered: number;
  /** Resolvers that gave no answer: SERVFAIL, REFUSED, nothing in time. */
  failed: number;
  /** All that are configured. */
  resolvers: number;
}

/**
 * For a person: `2 of 3 resolvers found it; 1 did not answer`.
 * @param wanted says of a value that it is the one looked for; left out: any is.
 */
export function describeFound(found: DnsAnswer, wanted: (value: string) => boolean = () => true): string {
  const { seen, counts, failed, resolvers } = found;
  const most = Math.max(0, ...seen.map((value, index) => (wanted(value) ? counts[index]! : 0)));
  const noun = resolvers === 1 ? 'resolver' : 'resolvers';
  if (failed === resolvers) return `none of ${resolvers} ${noun} answered`;
  const needed = Math.floor(resolvers / 2) + 1;
  return [
    `${most === 0 ? 'none' : most} of ${resolvers} ${noun} found it`,
    most > 0 && most < needed ? `, ${needed} are needed` : '',
    failed > 0 ? `; ${failed} did not answer` : '',
  ].join('');
}
