import { setTimeout as sleep } from 'node:timers/promises';
import { checkKey, recordsOf, type Check, type DnsRecord, type Domain } from './domain.ts';

/**
 * Asks DNS: MX as `10 mxa.mailgun.org`, a TXT record's strings joined, nothing found = []. What it throws counts as not found,
 * as Mailgun says nothing of why.
 */
export type Resolve = (type: 'TXT' | 'MX' | 'CNAME', name: string) => Promise<string[]>;

/** Looks every record of the domain up. */
export async function checkDns(domain: Domain, resolve: Resolve): Promise<Record<string, Check>> {
  const checks = recordsOf(domain).map(async (record): Promise<[string, Check]> => {
    const cached = await ask(resolve, record);
    return [checkKey(record), { valid: isRight(record, cached) ? 'valid' : 'unknown', cached }];
  });
  return Object.fromEntries(await Promise.all(checks));
}

/** Mailgun answers from its cache: a DNS server that is silent makes no verify call wait. */
const MAX_WAIT_MS = 2_000;

async function ask(resolve: Resolve, { type, name }: DnsRecord): Promise<string[]> {
  const answered = new AbortController();
  const tooLate = sleep(MAX_WAIT_MS, [], { signal: answered.signal });
  try {
    return await Promise.race([resolve(type, name), tooLate]);
  } catch {
    return [];
  } finally {
    answered.abort();
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

/** `p=` of a DKIM record (RFC 6376, 3.6.1); white space in it does not count. */
function publicKeyIn(txt: string): string | null {
  const tag = txt.split(';').find((part) => /^\s*p\s*=/.test(part));
  return tag === undefined ? null : tag.slice(tag.indexOf('=') + 1).replace(/\s+/g, '');
}

/** More than one SPF record is none (RFC 7208, 4.5). */
function isSpf(found: string[]): boolean {
  const records = found.filter((txt) => /^v=spf1(\s|$)/i.test(txt));
  return records.length === 1 && /\s\+?include:mailgun\.org(\s|$)/i.test(records[0]!);
}
