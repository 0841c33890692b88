import { z } from 'zod';
import type { ProviderDomain, ProviderRecord } from '../setup.ts';

/** A record that Mailgun asks for. An MX has no name (it is the domain's), and its priority is a string. */
const Row = z.object({
  record_type: z.enum(['TXT', 'MX', 'CNAME']),
  name: z.string().nullish(),
  value: z.string().min(1),
  priority: z
    .union([z.string().regex(/^\d+$/), z.number().int()])
    .transform(Number)
    .nullable()
    .catch(null),
  /** `valid` or `unknown`. */
  valid: z.string().catch('unknown'),
  /** Only of DKIM: mail is signed with this key. */
  is_active: z.boolean().catch(true),
});
type Row = z.infer<typeof Row>;

const host = (name: string): string => name.trim().replace(/\.$/, '').toLowerCase();

/** The answer to requests that create, get or verify a domain. */
export const DomainAnswer = z
  .object({
    domain: z.object({
      name: z.string().min(1),
      is_disabled: z.boolean().catch(false),
      state: z.string().catch(''),
    }),
    receiving_dns_records: z.array(z.unknown()),
    sending_dns_records: z.array(z.unknown()),
  })
  .transform(({ domain, receiving_dns_records, sending_dns_records }): ProviderDomain => {
    const name = host(domain.name);
    // Records of an unknown kind are left out, because Postroom could not explain them to a customer.
    const rows = [...receiving_dns_records, ...sending_dns_records].flatMap(
      (row) => Row.safeParse(row).data ?? [],
    );
    return {
      name,
      records: inUse(rows).flatMap((row) => recordOf(row, name) ?? []),
      isDisabled: domain.is_disabled || domain.state === 'disabled',
    };
  });

function recordOf(row: Row, domain: string): ProviderRecord | null {
  const purpose = purposeOf(row);
  if (purpose === null) return null;
  const { record_type: type, priority } = row;
  return {
    purpose,
    type,
    name: host(row.name ?? '') || domain,
    value: type === 'TXT' ? row.value : host(row.value),
    priority: type === 'MX' ? priority : null,
    isValid: row.valid === 'valid',
  };
}

/** Decided by content, because the rows come in any order, and each domain has its own DKIM selector. */
function purposeOf({ record_type: type, name, value }: Row): ProviderRecord['purpose'] | null {
  if (type === 'MX') return 'mx';
  // Checked before the tracking CNAME: with "automatic sender security" DKIM records are CNAMEs too.
  if (/\._domainkey\./i.test(name ?? '')) return 'dkim';
  if (type === 'CNAME') return 'tracking';
  return /^v=spf1(?:\s|$)/i.test(value) ? 'spf' : null;
}

/** Leaves out DKIM keys that are not used yet, if mail is already signed with another key. */
function inUse(rows: Row[]): Row[] {
  const isKey = (row: Row) => purposeOf(row) === 'dkim';
  const isSigned = rows.some((row) => isKey(row) && row.is_active);
  return rows.filter((row) => !isKey(row) || row.is_active || !isSigned);
}
