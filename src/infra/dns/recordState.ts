import { hasInclude, isSpf } from './spf.ts';
import { isSameKey, readTags } from './dkim.ts';

/** A record that must be published. */
export interface WantedRecord {
  purpose: 'ownership' | 'spf' | 'dkim' | 'mx' | 'tracking';
  type: 'TXT' | 'MX' | 'CNAME';
  name: string;
  value: string;
  /** Only of an MX record; a record with another priority is valid too. */
  priority: number | null;
}

/** `wrong`: another value, alone or in addition, must be changed. */
export type RecordState = 'valid' | 'missing' | 'wrong';

/**
 * The state of a wanted record. Never throws.
 * @param found all values of its name and type (`DnsAnswer.agreed`).
 */
export function recordState(wanted: WantedRecord, found: readonly string[]): RecordState {
  if (wanted.type !== 'TXT') return stateOf(found, (value) => host(value) === host(wanted.value));
  switch (wanted.purpose) {
    case 'spf':
      return spfState(wanted.value, found.filter(isSpf));
    case 'dkim':
      return dkimState(unquoted(wanted.value), found);
    // Other values may exist too: for example the ownership record of another workspace that claims the
    // domain.
    case 'ownership':
    case 'mx':
    case 'tracking':
      return stateOf(found, (value) => unquoted(value) === unquoted(wanted.value));
  }
}

function stateOf(found: readonly string[], isWanted: (value: string) => boolean): RecordState {
  if (found.length === 0) return 'missing';
  return found.some(isWanted) ? 'valid' : 'wrong';
}

/** Two SPF records are always a permanent error for receivers (RFC 7208 4.5). */
function spfState(wanted: string, records: string[]): RecordState {
  if (records.length === 0) return 'missing';
  return records.length === 1 && hasInclude(records[0]!, wanted) ? 'valid' : 'wrong';
}

/**
 * If one selector has two keys, it is undefined which one a receiver uses (RFC 6376 3.6.2.2): all must be
 * right.
 */
function dkimState(wanted: string, found: readonly string[]): RecordState {
  if (found.length === 0) return 'missing';
  const keys = found.filter((value) => readTags(value)?.has('p'));
  return keys.length > 0 && keys.every((key) => isSameKey(key, wanted)) ? 'valid' : 'wrong';
}

/** The host in `10 mxa.example.` or `mxa.example`. */
const host = (value: string): string =>
  value
    .trim()
    .replace(/^\d+\s+/, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** The published text of a value in the notation of zone files: `"k=rsa; " "p=MIG…"`. */
export function unquoted(value: string): string {
  const text = value.trim();
  if (!/^"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*$/s.test(text)) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)]
    .map(([, chunk]) => chunk!.replace(/\\(.)/gs, '$1'))
    .join('');
}
