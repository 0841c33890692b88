import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';

const NAMES: Record<DomainRecord['purpose'], string> = {
  ownership: 'ownership',
  spf: 'SPF',
  dkim: 'DKIM',
  mx: 'MX',
  tracking: 'tracking',
};

export const LOST = 'The ownership record is gone: the domain is no longer this workspace’s.';

/**
 * Why a domain is not as it should be, for a person; null when it is.
 * @param answered what DNS answered for at the last look; the rest is older.
 */
export function problemOf(row: DomainRow, answered: ReadonlySet<DomainRecord['purpose']>): string | null {
  if (row.state === 'expired')
    return 'The ownership record was not found in time. Publish it, and add the domain again.';
  if (row.state === 'lost') return LOST;
  const faults = [...ownershipFault(row), ...recordFaults(row), ...providerFaults(row)];
  const silent = row.records.filter(({ purpose }) => !answered.has(purpose)).map(({ purpose }) => purpose);
  if (silent.length > 0 && !silent.every((purpose) => purpose === 'tracking'))
    faults.push('DNS did not answer for all records just now; for those, what is shown is older.');
  return faults.length === 0 ? null : faults.join(' ');
}

function ownershipFault({ owned_at, disowned_at, records }: DomainRow): string[] {
  const record = records.find(({ purpose }) => purpose === 'ownership');
  if (!record || record.state === 'valid') return [];
  const where = `TXT record at ${record.name}`;
  if (owned_at && disowned_at) return [`The ${where} is gone; it shows whose the domain is.`];
  if (record.state === 'wrong') return [`The ${where} has another value than the one shown.`];
  return [`The ${where} is not there yet; it shows whose the domain is.`];
}

function recordFaults({ records, receiving, mx_gone_at }: DomainRow): string[] {
  const faults: string[] = [];
  for (const purpose of ['spf', 'dkim'] as const) {
    const own = records.filter((record) => record.purpose === purpose);
    if (own.some(({ state, accepted }) => state === 'valid' && accepted)) continue;
    if (own.some(({ state }) => state === 'wrong'))
      faults.push(`The ${NAMES[purpose]} record has another value than the one shown.`);
    else if (own.some(({ state }) => state === 'missing'))
      faults.push(`The ${NAMES[purpose]} record is missing.`);
    else if (own.some(({ state, accepted }) => state === 'valid' && !accepted))
      faults.push(`The ${NAMES[purpose]} record is there, but the mail provider has not seen it yet.`);
  }
  if (mx_gone_at) faults.push('The MX records no longer lead here: mail to the domain goes elsewhere.');
  else if (!receiving && records.some(({ purpose, state }) => purpose === 'mx' && state !== 'pending'))
    faults.push('The MX records do not lead here yet: the domain receives no mail.');
  return faults;
}

function providerFaults({ provider_problem, suspended }: DomainRow): string[] {
  const faults = suspended ? ['The mail provider has suspended the domain.'] : [];
  return provider_problem === null ? faults : [...faults, provider_problem];
}
