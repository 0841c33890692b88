import { Resolver } from 'node:dns/promises';
import type { Dns, DnsAnswer } from './dns.ts';
import { unquoted } from './recordState.ts';

/**
 * Timeout of the first try (ms); the second waits twice as long, so a silent resolver is given up after 6 s.
 */
const WAIT_MS = 2000;
const TRIES = 2;

type Type = 'TXT' | 'MX' | 'CNAME';

/**
 * A DNS client that asks several resolvers independently, so that one with wrong or outdated answers decides
 * nothing.
 * @param servers `ip`, `ip:port` or `[v6]:port`; one that is listed twice counts once. @throws when one is no
 * address.
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

/** One resolver's values; an empty list for NXDOMAIN and NODATA; null for no answer. */
async function ask(resolver: Resolver, type: Type, name: string): Promise<string[] | null> {
  try {
    return await records(resolver, type, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : null;
  }
}

async function records(resolver: Resolver, type: Type, name: string): Promise<string[]> {
  // Many DNS hosts publish quotes that were pasted together with the value.
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
  // Sorted, because resolvers rotate the order of values.
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
