import { isKept, tokensOf } from './searchWords.ts';

/** What a search for threads asks for. Everything must match. */
export interface SearchQuery {
  /** Words of the thread; of `from:`, `to:` and `subject:` with the field before them. */
  words: string[];
  /** The last word, of which the beginning is enough; null: the search does not end with a word. */
  prefix: string | null;
  statuses: ('open' | 'pending' | 'closed')[];
  unread: boolean | null;
  hasAttachment: boolean;
  tags: string[];
  /** `me`, `none`, or an id, address or name of a member. */
  assignees: string[];
  /** The thread began before this time. */
  before: Date | null;
  /** The thread has a message at this time or later. */
  after: Date | null;
}

/** The search cannot be understood; `message` tells a person why. */
export class UnreadableSearch extends Error {}

/** Longest search, in words of all kinds. */
const MAX_WORDS = 10;
const ITEM = /(?:(\w+):)?(?:"([^"]*)"|(\S+))/gu;
const FIELDS = new Set(['from', 'to', 'subject']);

/**
 * Reads `from:ann is:open order 4711`. An operator that does not exist is text: `re:` and `http:` are words of
 * mails.
 * @throws UnreadableSearch
 */
export function readSearch(search: string): SearchQuery {
  const query: SearchQuery = {
    words: [],
    prefix: null,
    statuses: [],
    unread: null,
    hasAttachment: false,
    tags: [],
    assignees: [],
    before: null,
    after: null,
  };
  for (const [item, name = '', quoted, plain] of search.matchAll(ITEM)) {
    const value = quoted ?? plain ?? '';
    const operator = name.toLowerCase();
    query.prefix = null;
    if (!takeOperator(query, operator, value)) takeWords(query, operator, value, item);
  }
  // A word that is being typed.
  const last = query.prefix;
  if (last !== null) query.words = query.words.filter((word) => word !== last);
  query.words = [...new Set(query.words)].slice(0, MAX_WORDS - 1);
  if (isEmpty(query)) throw new UnreadableSearch('must have a word to search for');
  return query;
}

const isEmpty = (query: SearchQuery): boolean =>
  query.words.length + query.statuses.length + query.tags.length + query.assignees.length === 0 &&
  !query.hasAttachment &&
  [query.prefix, query.unread, query.before, query.after].every((part) => part === null);

/** @returns false for what is no operator */
function takeOperator(query: SearchQuery, operator: string, value: string): boolean {
  switch (operator) {
    case 'is':
      takeState(query, value.toLowerCase());
      return true;
    case 'has':
      if (!/^attachments?$|^files?$/i.test(value)) throw new UnreadableSearch('`has:` takes `attachment`');
      query.hasAttachment = true;
      return true;
    case 'tag':
      query.tags.push(value);
      return true;
    case 'assignee':
      query.assignees.push(value);
      return true;
    case 'before':
    case 'after':
      query[operator] = dateOf(operator, value);
      return true;
    default:
      return false;
  }
}

function takeState(query: SearchQuery, state: string): void {
  if (state === 'open' || state === 'pending' || state === 'closed') query.statuses.push(state);
  else if (state === 'unread' || state === 'read') query.unread = state === 'unread';
  else throw new UnreadableSearch('`is:` takes `open`, `pending`, `closed`, `unread` or `read`');
}

function takeWords(query: SearchQuery, operator: string, value: string, item: string): void {
  const isField = FIELDS.has(operator);
  const tokens = tokensOf(isField ? value : item, true);
  const last = tokens.at(-1);
  const tag = isField ? `${operator}:` : '';
  query.words.push(...tokens.filter(isKept).map((token) => tag + token));
  query.prefix = last === undefined ? null : tag + last;
}

function dateOf(operator: string, value: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : null;
  if (date && !Number.isNaN(date.getTime())) return date;
  throw new UnreadableSearch(`\`${operator}:\` takes a date, like ${operator}:2026-11-03`);
}

export interface Snippet {
  text: string;
  /** Where the words of the search are in it: first character, and the one after the last. */
  hits: [start: number, end: number][];
}

/** Characters of a snippet, and how many of them may stand before the first hit. */
const SNIPPET_CHARS = 200;
const BEFORE_CHARS = 60;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** The part of a text with the first word that was searched for; null if it has none. */
export function snippetOf(
  text: string,
  { words, prefix }: Pick<SearchQuery, 'words' | 'prefix'>,
): Snippet | null {
  const plain = (word: string) => word.slice(word.indexOf(':') + 1);
  const whole = new Set(words.map(plain));
  const start = prefix === null ? null : plain(prefix);
  const isHit = (word: string) =>
    tokensOf(word).some((token) => whole.has(token) || (start !== null && token.startsWith(start)));
  const line = text.replace(/\s+/gu, ' ').trim();
  let from: number | null = null;
  const hits: [number, number][] = [];
  for (const { 0: word, index } of line.matchAll(WORD)) {
    if (from !== null && index + word.length > from + SNIPPET_CHARS) break;
    if (!isHit(word)) continue;
    from ??= index <= BEFORE_CHARS ? 0 : wordStart(line, index - BEFORE_CHARS);
    hits.push([index - from, index - from + word.length]);
  }
  if (from === null) return null;
  const cut = line.slice(from, from + SNIPPET_CHARS);
  const isWhole = from + SNIPPET_CHARS >= line.length;
  return { text: isWhole ? cut : cut.slice(0, Math.max(cut.lastIndexOf(' '), hits.at(-1)![1])), hits };
}

/** The beginning of the next word, so that no word and no character is cut in two. */
function wordStart(line: string, at: number): number {
  const space = line.indexOf(' ', at);
  return space < 0 || space > at + BEFORE_CHARS / 2 ? at : space + 1;
}
