import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';

export const LOST =
  'The ownership record is no longer in DNS, so the domain no longer belongs to this workspace. ' +
  'To use it again, add the domain again and publish its record.';
const EXPIRED = 'The ownership record was not found in time. Add the domain again and publish its record.';

/**
 * Why a domain does not work as it should, as sentences for an owner; null when there is no problem.
 * @param answered records that DNS answered for at the last check; the state of the others is older.
 */
export function problemOf(row: DomainRow, answered: ReadonlySet<DomainRecord['purpose']>): string | null {
  if (row.state === 'expired') return EXPIRED;
  if (row.state === 'lost') return LOST;
  const problems = [...ownershipProblem(row), ...recordProblems(row), ...providerProblems(row)];
  const unanswered = row.records.map(({ purpose }) => purpose).filter((purpose) => !answered.has(purpose));
  if (unanswered.some((purpose) => purpose !== 'tracking'))
    problems.push(
      'DNS did not answer for all records at the last check: the state of those records is older. ' +
        'Postroom checks them again automatically.',
    );
  return problems.length === 0 ? null : problems.join(' ');
}

function ownershipProblem({ owned_at, disowned_at, records }: DomainRow): string[] {
  const record = records.find(({ purpose }) => purpose === 'ownership');
  if (!record || record.state === 'valid') return [];
  const which = `The TXT record at ${record.name}, which proves that you own the domain,`;
  if (owned_at && disowned_at) return [`${which} is no longer in DNS: publish it again.`];
  if (record.state === 'wrong') return [`${which} has a different value: publish the value shown.`];
  return [`${which} is not in DNS yet: publish it.`];
}

const SENDING_RECORDS = { spf: 'SPF', dkim: 'DKIM' } as const;

function recordProblems({ records, receiving, mx_gone_at }: DomainRow): string[] {
  const problems: string[] = [];
  for (const purpose of ['spf', 'dkim'] as const) {
    const which = `The ${SENDING_RECORDS[purpose]} record`;
    const candidates = records.filter((record) => record.purpose === purpose);
    if (candidates.some(({ state, accepted }) => state === 'valid' && accepted)) continue;
    if (candidates.some(({ state }) => state === 'wrong'))
      problems.push(`${which} differs from the one shown: correct it.`);
    else if (candidates.some(({ state }) => state === 'missing'))
      problems.push(`${which} is missing: publish it.`);
    else if (candidates.some(({ state, accepted }) => state === 'valid' && !accepted))
      problems.push(
        `${which} is correct, but the mail provider has not seen it yet: wait for its next check.`,
      );
  }
  if (mx_gone_at)
    problems.push(
      'The MX records no longer point to the mail provider, so mail to the domain is delivered elsewhere: ' +
        'restore them to receive mail here.',
    );
  else if (!receiving && records.some(({ purpose, state }) => purpose === 'mx' && state !== 'pending'))
    problems.push(
      'The MX records do not point to the mail provider, so the domain receives no mail here: ' +
        'publish them to receive mail.',
    );
  return problems;
}

function providerProblems({ provider_problem, suspended }: DomainRow): string[] {
  const problems = suspended
    ? ['The mail provider has suspended the domain: ask the operator of this installation to contact it.']
    : [];
  return provider_problem === null ? problems : [...problems, provider_problem];
}
