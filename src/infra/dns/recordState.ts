import { hasInclude, isSpf } from './spf.ts';
import { isSameKey, readTags } from './dkim.ts';

/** A record that a domain has to publish. */
export interface WantedRecord {
  purpose: 'ownership' | 'spf' | 'dkim' | 'mx' | 'tracking';
  type: 'TXT' | 'MX' | 'CNAME';
  name: string;
  value: string;
  /** Of an MX; any other priority is right too. */
  priority: number | null;
}

/** `wrong`: there is something in its place, or beside it, that must be changed. */
export type RecordState = 'valid' | 'missing' | 'wrong';

/** Is the wanted record there? @param found all values of its name and type: `agreed` of a look-up. Never throws. */
export function recordState(wanted: WantedRecord, found: readonly string[]): RecordState {
  if (wanted.type !== 'TXT') return stateOf(found, (value) => host(value) === host(wanted.value));
  switch (wanted.purpose) {
    case 'spf':
      return spfState(wanted.value, found.filter(isSpf));
    case 'dkim':
      return dkimState(unquoted(wanted.value), found);
    // Several may stand beside each other: that of another workspace which claims the same domain, for one.
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

/** Two SPF records are a permanent error for every receiver (RFC 7208 4.5), whatever is in them. */
function spfState(wanted: string, records: string[]): RecordState {
  if (records.length === 0) return 'missing';
  return records.length === 1 && hasInclude(records[0]!, wanted) ? 'valid' : 'wrong';
}

/** Of two keys under one selector nobody knows which one a receiver takes (RFC 6376 3.6.2.2). */
function dkimState(wanted: string, found: readonly string[]): RecordState {
  if (found.length === 0) return 'missing';
  const keys = found.filter((value) => readTags(value)?.has('p'));
  return keys.length > 0 && keys.every((key) => isSameKey(key, wanted)) ? 'valid' : 'wrong';
}

/** Of `10 mxa.example.` or `mxa.example`. */
const host = (value: string): string =>
  value
    .trim()
    .replace(/^\d+\s+/, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** A value as zone files write it, `"k=rsa; " "p=MIG…"`, as the text that is published. */
export function unquoted(value: string): string {
  const text = value.trim();
  if (!/^"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*$/s.test(text)) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)]
    .map(([, chunk]) => chunk!.replace(/\\(.)/gs, '$1'))
    .join('');
}
