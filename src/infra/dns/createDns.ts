import { Resolver } from 'node:dns/promises';
import type { Dns, DnsAnswer } from './dns.ts';
import { unquoted } from './recordState.ts';

/** One try waits so long (ms), the next twice as long: a resolver that is silent is given up after 6 s. */
const WAIT_MS = 2000;
const TRIES = 2;

type Type = 'TXT' | 'MX' | 'CNAME';

/**
 * Asks every one of several resolvers, each by itself: one that lies, or is behind, decides nothing.
 * @param servers `ip`, `ip:port` or `[v6]:port`; one that is named twice has one voice. @throws when one is no address.
 */
export function createDns(servers: readonly string[]): Dns {
  const resolvers = new Map<string, Resolver>();
  for (const server of servers) {
    const resolver = new Resolver({ timeout: WAIT_MS, tries: TRIES });
    resolver.setServers([server]);
    resolvers.set(resolver.getServers()[0] ?? server, resolver);
  }
  return {
    async lookUp(type, name) {
      return count(await Promise.all([...resolvers.values()].map((resolver) => ask(resolver, type, name))));
    },
  };
}

/** What one resolver says: values, none (NXDOMAIN, NODATA), or null for no answer. */
async function ask(resolver: Resolver, type: Type, name: string): Promise<string[] | null> {
  try {
    return await records(resolver, type, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : null;
  }
}

async function records(resolver: Resolver, type: Type, name: string): Promise<string[]> {
  // Many a DNS page publishes quotes that were pasted with the value.
  if (type === 'TXT') return (await resolver.resolveTxt(name)).map((chunks) => unquoted(chunks.join('')));
  if (type === 'CNAME') return (await resolver.resolveCname(name)).map(hostName);
  return (await resolver.resolveMx(name)).map(
    ({ priority, exchange }) => `${priority} ${hostName(exchange)}`,
  );
}

/** A null MX (RFC 7505) has the root as its host. */
const hostName = (name: string): string => name.toLowerCase().replace(/\.$/, '') || '.';

function count(answers: (string[] | null)[]): DnsAnswer {
  const counts = new Map<string, number>();
  for (const values of answers) {
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  // Resolvers turn the order round: sorted, the same answer is the same twice.
  const seen = [...counts.keys()].sort();
  const failed = answers.filter((values) => values === null).length;
  return {
    agreed: seen.filter((value) => counts.get(value)! * 2 > answers.length),
    seen,
    counts: seen.map((value) => counts.get(value)!),
    answered: answers.length - failed,
    failed,
    resolvers: answers.length,
  };
}
