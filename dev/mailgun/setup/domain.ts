import { createHash, randomBytes } from 'node:crypto';
import { newPublicKey } from './dkimKey.ts';

/** The result of the last verification. Mailgun calls every record that is not valid `unknown`. */
export interface Check {
  valid: 'valid' | 'unknown';
  /** The values that DNS answered. */
  cached: string[];
}

export interface DkimKey {
  selector: string;
  /** Base64 of its DER (SPKI). */
  publicKey: string;
  /** A key that is added later is disabled until it is activated. */
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
  /** By `checkKey` of the record; empty before the first verification. */
  checks: Record<string, Check>;
}

/** A record that Mailgun wants published. */
export interface DnsRecord {
  purpose: 'receiving' | 'spf' | 'dkim' | 'tracking';
  type: 'MX' | 'TXT' | 'CNAME';
  name: string;
  value: string;
  /** For DKIM only. */
  selector?: string;
}

/** Mailgun chooses one of several selectors, by domain. */
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

/** Key of a record's check. A record with another value or name has not been checked yet. */
export const checkKey = ({ type, name, value }: DnsRecord): string => `${type} ${name} ${value}`;

export const checkOf = (domain: Domain, record: DnsRecord): Check =>
  domain.checks[checkKey(record)] ?? { valid: 'unknown', cached: [] };

/** True when Mailgun would sign with the key. */
export const isActive = (domain: Domain, key: DkimKey): boolean =>
  key.isEnabled && checkOf(domain, dkimRecord(domain.name, key)).valid === 'valid';

/** `active` when SPF and a DKIM key are valid; the MX records do not matter. */
export function stateOf(domain: Domain): Domain['state'] {
  const spf = recordsOf(domain).find((record) => record.purpose === 'spf')!;
  const isVerified =
    checkOf(domain, spf).valid === 'valid' && domain.keys.some((key) => isActive(domain, key));
  return isVerified ? 'active' : 'unverified';
}
