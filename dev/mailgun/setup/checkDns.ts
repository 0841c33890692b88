import { setTimeout as sleep } from 'node:timers/promises';
import { checkKey, recordsOf, type Check, type DnsRecord, type Domain } from './domain.ts';

/**
 * Asks DNS: an MX as `10 mxa.mailgun.org`, the strings of a TXT joined, [] when there is no record. When it
 * throws, the record counts as not found: Mailgun does not say why either.
 */
export type Resolve = (type: 'TXT' | 'MX' | 'CNAME', name: string) => Promise<string[]>;

/** Checks each record of the domain. */
export async function checkDns(domain: Domain, resolve: Resolve): Promise<Record<string, Check>> {
  const checks = recordsOf(domain).map(async (record): Promise<[string, Check]> => {
    const cached = await ask(resolve, record);
    return [checkKey(record), { valid: isRight(record, cached) ? 'valid' : 'unknown', cached }];
  });
  return Object.fromEntries(await Promise.all(checks));
}

/** A DNS server that does not answer must not block a verify call, which Mailgun answers from its cache. */
const MAX_WAIT_MS = 2_000;

async function ask(resolve: Resolve, { type, name }: DnsRecord): Promise<string[]> {
  const settled = new AbortController();
  const tooLate = sleep(MAX_WAIT_MS, [], { signal: settled.signal });
  try {
    return await Promise.race([resolve(type, name), tooLate]);
  } catch {
    return [];
  } finally {
    settled.abort();
    tooLate.catch(() => {});
  }
}

function isRight({ purpose, value }: DnsRecord, found: string[]): boolean {
  switch (purpose) {
    case 'receiving':
      return found.some((mx) => host(mx.replace(/^\s*\d+\s+/, '')) === value);
    case 'tracking':
      return found.some((target) => host(target) === value);
    case 'dkim':
      return found.some((txt) => publicKeyIn(txt) === publicKeyIn(value));
    case 'spf':
      return isSpf(found);
  }
}

const host = (name: string): string => name.trim().replace(/\.$/, '').toLowerCase();

/** `p=` of a DKIM record (RFC 6376, 3.6.1), without white space. */
function publicKeyIn(txt: string): string | null {
  const tag = txt.split(';').find((part) => /^\s*p\s*=/.test(part));
  return tag === undefined ? null : tag.slice(tag.indexOf('=') + 1).replace(/\s+/g, '');
}

/** A domain with more than one SPF record has no valid one (RFC 7208, 4.5). */
function isSpf(found: string[]): boolean {
  const records = found.filter((txt) => /^v=spf1(\s|$)/i.test(txt));
  return records.length === 1 && /\s\+?include:mailgun\.org(\s|$)/i.test(records[0]!);
}
