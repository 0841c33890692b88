import type { Dns, DnsAnswer } from '../../infra/dns/dns.ts';
import { recordState } from '../../infra/dns/recordState.ts';
import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import type { ProviderDomain } from '../../infra/providers/setup.ts';
import { ownershipRecord } from './domainClaims.ts';

/** The resolvers' answers, by type and name. */
export type DnsAnswers = ReadonlyMap<string, DnsAnswer>;

const keyOf = ({ type, name }: Pick<DomainRecord, 'type' | 'name'>): string => `${type} ${name}`;

/** Limits of what is shown: a DNS zone may hold any amount of values. */
const SHOWN_VALUES = 20;
const SHOWN_CHARACTERS = 600;

const ORDER: DomainRecord['purpose'][] = ['spf', 'dkim', 'mx', 'tracking'];

/**
 * The ownership record and the records that the provider asks for, each with the state that is known already.
 */
export function recordsOf(row: DomainRow, domain: ProviderDomain | null): DomainRecord[] {
  if (!domain) return row.records;
  const wanted = domain.records.map(({ purpose, type, name, value, priority, isValid }): DomainRecord => {
    const known = row.records.find(
      (record) => record.purpose === purpose && record.name === name && record.value === value,
    );
    const { state, found } = known ?? { state: 'pending', found: [] };
    return { purpose, type, name, value, priority, state, found, accepted: isValid };
  });
  const ownership = row.records.find(({ purpose }) => purpose === 'ownership');
  // Providers give them in any order.
  const inOrder = ORDER.flatMap((purpose) => wanted.filter((record) => record.purpose === purpose));
  return [ownership ?? ownershipRecord(row.name, row.ownership_value), ...inOrder];
}

/** Looks up all records in DNS, each name once. */
export async function lookUpRecords(dns: Dns, records: DomainRecord[]): Promise<DnsAnswers> {
  const byKey = new Map(records.map((record) => [keyOf(record), record]));
  const lookUps = [...byKey].map(
    async ([key, { type, name }]) => [key, await dns.lookUp(type, name)] as const,
  );
  return new Map(await Promise.all(lookUps));
}

/** The resolvers' answer about a record; null when they were not asked. */
export const answerTo = (record: DomainRecord, answers: DnsAnswers): DnsAnswer | null =>
  answers.get(keyOf(record)) ?? null;

/** The records with their state in DNS. A record without a certain answer keeps its earlier state. */
export const withAnswers = (records: DomainRecord[], answers: DnsAnswers): DomainRecord[] =>
  records.map((record) => {
    const answer = answerTo(record, answers);
    const state = answer && certainState(record, answer);
    return state ? { ...record, state, found: shownValues(record, answer) } : record;
  });

/** Whether DNS gave a certain answer about the record. */
export function isAnswered(record: DomainRecord, answers: DnsAnswers): boolean {
  const answer = answerTo(record, answers);
  return answer !== null && certainState(record, answer) !== null;
}

/**
 * The record's state when most resolvers have the record, or most say that they do not have it. Null when
 * neither is so: some did not answer, or DNS is changing right now. A resolver that does not answer proves
 * nothing.
 */
function certainState(record: DomainRecord, answer: DnsAnswer): ReturnType<typeof recordState> | null {
  const { agreed, seen, counts, answered, resolvers } = answer;
  const state = recordState(record, agreed);
  const isWanted = (value: string) => recordState(record, [value]) === 'valid';
  // The second: the value is there, and wrong only because of another value at the same name.
  if (state === 'valid' || agreed.some(isWanted)) return state;
  const having = Math.max(0, ...seen.map((value, index) => (isWanted(value) ? counts[index]! : 0)));
  return (answered - having) * 2 > resolvers ? state : null;
}

/** The domain's own name often has TXT records that have nothing to do with mail: those are left out. */
function shownValues({ purpose }: DomainRecord, { seen }: DnsAnswer): string[] {
  const values = purpose === 'spf' ? seen.filter((value) => /^v=spf1/i.test(value)) : seen;
  return values.slice(0, SHOWN_VALUES).map((value) => value.slice(0, SHOWN_CHARACTERS));
}
