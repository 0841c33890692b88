import type { Dns, DnsAnswer } from '../../infra/dns/dns.ts';
import { recordState } from '../../infra/dns/recordState.ts';
import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import type { ProviderDomain } from '../../infra/providers/setup.ts';
import { ownershipRecord } from './claims.ts';

/** What resolvers said, by type and name. */
export type Answers = ReadonlyMap<string, DnsAnswer>;

const keyOf = ({ type, name }: Pick<DomainRecord, 'type' | 'name'>): string => `${type} ${name}`;

/** Anybody can put much into DNS; a person looks at the first of it. */
const SHOWN_VALUES = 20;
const SHOWN_CHARACTERS = 600;

const ORDER: DomainRecord['purpose'][] = ['spf', 'dkim', 'mx', 'tracking'];

/** The ownership record, and those that the provider asks for; what is known of each is kept. */
export function recordsOf(row: DomainRow, domain: ProviderDomain | null): DomainRecord[] {
  if (!domain) return row.records;
  const asked = domain.records.map(({ purpose, type, name, value, priority, isValid }): DomainRecord => {
    const before = row.records.find(
      (known) => known.purpose === purpose && known.name === name && known.value === value,
    );
    const { state, found } = before ?? { state: 'pending', found: [] };
    return { purpose, type, name, value, priority, state, found, accepted: isValid };
  });
  const own = row.records.find(({ purpose }) => purpose === 'ownership');
  // Providers give them in any order.
  const inOrder = ORDER.flatMap((purpose) => asked.filter((record) => record.purpose === purpose));
  return [own ?? ownershipRecord(row.name, row.ownership_value), ...inOrder];
}

/** Looks all of them up, each name once. */
export async function lookUp(dns: Dns, records: DomainRecord[]): Promise<Answers> {
  const names = new Map(records.map((record) => [keyOf(record), record]));
  const looks = [...names].map(async ([key, { type, name }]) => [key, await dns.lookUp(type, name)] as const);
  return new Map(await Promise.all(looks));
}

/** What resolvers said of a record; null = they were not asked. */
export const answerTo = (record: DomainRecord, answers: Answers): DnsAnswer | null =>
  answers.get(keyOf(record)) ?? null;

/** The records as DNS has them; those of which it said nothing sure stay as they were. */
export const withAnswers = (records: DomainRecord[], answers: Answers): DomainRecord[] =>
  records.map((record) => {
    const found = answerTo(record, answers);
    const state = found && sureState(record, found);
    return state ? { ...record, state, found: shown(record, found) } : record;
  });

/** Something sure was said of it. */
export function isAnswered(record: DomainRecord, answers: Answers): boolean {
  const found = answerTo(record, answers);
  return found !== null && sureState(record, found) !== null;
}

/**
 * Most resolvers have it, or most have it not; null where neither is so: some did not answer, or DNS is just changing. Whoever is
 * silent proves nothing.
 */
function sureState(record: DomainRecord, found: DnsAnswer): ReturnType<typeof recordState> | null {
  const { agreed, seen, counts, answered, resolvers } = found;
  const state = recordState(record, agreed);
  const isWanted = (value: string) => recordState(record, [value]) === 'valid';
  // Right by itself, and wrong because of what stands beside it.
  if (state === 'valid' || agreed.some(isWanted)) return state;
  const having = Math.max(0, ...seen.map((value, n) => (isWanted(value) ? counts[n]! : 0)));
  return (answered - having) * 2 > resolvers ? state : null;
}

/** At the domain's own name stand many TXT records that have nothing to do with mail. */
function shown({ purpose }: DomainRecord, { seen }: DnsAnswer): string[] {
  const values = purpose === 'spf' ? seen.filter((value) => /^v=spf1/i.test(value)) : seen;
  return values.slice(0, SHOWN_VALUES).map((value) => value.slice(0, SHOWN_CHARACTERS));
}
