import { Resolver } from 'node:dns/promises';
import type { Resolve } from '../setup/checkDns.ts';

/** Longest wait for an answer, in milliseconds; checkDns.ts gives up sooner. */
const TIMEOUT_MS = 2_000;

/** Asks one DNS server over the network, as Mailgun does. @param address `ip:port` */
export function resolveAt(address: string): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  resolver.setServers([address]);
  return async (type, name) => {
    if (type === 'CNAME') return resolver.resolveCname(name);
    if (type === 'TXT') return (await resolver.resolveTxt(name)).map((chunks) => unquoted(chunks.join('')));
    return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`);
  };
}

/** A value that was published as a zone file writes it, `"k=rsa; " "p=MIG…"`, counts without its quotes. */
function unquoted(value: string): string {
  const text = value.trim();
  if (!/^"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*$/s.test(text)) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)]
    .map(([, chunk]) => chunk!.replace(/\\(.)/gs, '$1'))
    .join('');
}
