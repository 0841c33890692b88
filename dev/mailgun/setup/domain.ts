import { createHash, randomBytes } from 'node:crypto';
import { newPublicKey } from './dkimKey.ts';

/** What DNS had at the last verify. `unknown` is all that Mailgun says of a record that is not right. */
export interface Check {
  valid: 'valid' | 'unknown';
  /** What DNS answered. */
  cached: string[];
}

export interface DkimKey {
  selector: string;
  /** Base64 of its DER (SPKI). */
  publicKey: string;
  /** False until it is activated, for a key added later. */
  isEnabled: boolean;
}

export interface Domain {
  /** 24 hexadecimal digits. */
  id: string;
  /** In lower case. */
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  state: 'active' | 'unverified';
  /** As Mailgun names and writes them. */
  settings: Record<string, string | number | boolean>;
  /** One or more. */
  keys: DkimKey[];
  /** By the record's key; none before the first verify. */
  checks: Record<string, Check>;
}

/** A record that Mailgun asks for. */
export interface DnsRecord {
  purpose: 'receiving' | 'spf' | 'dkim' | 'tracking';
  type: 'MX' | 'TXT' | 'CNAME';
  name: string;
  value: string;
  /** Of DKIM. */
  selector?: string;
}

/** Mailgun's own choice differs from domain to domain. */
const SELECTORS = ['k1', 's1', 'smtp', 'mx', 'mailo', 'pic'];

export async function newDomain(
  name: string,
  settings: Domain['settings'],
  { selector, bits }: { selector: string | undefined; bits: 1024 | 2048 },
): Promise<Domain> {
  const [byte] = createHash('sha256').update(name).digest();
  const key = {
    selector: selector ?? SELECTORS[byte! % SELECTORS.length]!,
    publicKey: await newPublicKey(bits),
    isEnabled: true,
  };
  const id = randomBytes(12).toString('hex');
  return { id, name, createdAt: Date.now(), state: 'unverified', settings, keys: [key], checks: {} };
}

export function recordsOf({ name, keys, settings }: Domain): DnsRecord[] {
  return [
    { purpose: 'receiving', type: 'MX', name, value: 'mxa.mailgun.org' },
    { purpose: 'receiving', type: 'MX', name, value: 'mxb.mailgun.org' },
    ...keys.map((key) => dkimRecord(name, key)),
    { purpose: 'spf', type: 'TXT', name, value: 'v=spf1 include:mailgun.org ~all' },
    {
      purpose: 'tracking',
      type: 'CNAME',
      name: `${String(settings.web_prefix)}.${name}`,
      value: 'mailgun.org',
    },
  ];
}

export const dkimRecord = (domain: string, { selector, publicKey }: DkimKey): DnsRecord => ({
  purpose: 'dkim',
  type: 'TXT',
  name: `${selector}._domainkey.${domain}`,
  value: `k=rsa; p=${publicKey}`,
  selector,
});

/** Key of the check of a record: another value, or another name, is not checked yet. */
export const checkKey = ({ type, name, value }: DnsRecord): string => `${type} ${name} ${value}`;

export const checkOf = (domain: Domain, record: DnsRecord): Check =>
  domain.checks[checkKey(record)] ?? { valid: 'unknown', cached: [] };

/** Mailgun signs with it. */
export const isActive = (domain: Domain, key: DkimKey): boolean =>
  key.isEnabled && checkOf(domain, dkimRecord(domain.name, key)).valid === 'valid';

/** `active` once SPF and a DKIM key are right: receiving has no part in it. */
export function stateOf(domain: Domain): Domain['state'] {
  const spf = recordsOf(domain).find((record) => record.purpose === 'spf')!;
  const isRight = checkOf(domain, spf).valid === 'valid' && domain.keys.some((key) => isActive(domain, key));
  return isRight ? 'active' : 'unverified';
}
