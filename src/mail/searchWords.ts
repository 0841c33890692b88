import type { Address } from './addresses.ts';

/**
 * The words of a text, to search by: lower case, without accents. Scripts that put no spaces between words
 * are cut into pairs of letters. The row holds them as a list, because the stand-in database has no text
 * index. Stand-in: docs/decisions/stand-in-database.md.
 */
const WORD = /[\p{L}\p{N}]+/gu;
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]+/gu;
/** Letters with a stroke, and ligatures: normalisation does not take them apart. */
const PLAIN: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

/** Longer words are cut, in texts and in searches alike. */
const MAX_WORD_CHARS = 40;
/** How many characters of a normalised text are read on the event loop, and how many words of a message are kept. */
export const MAX_TEXT_CHARS = 50_000;
export const MAX_WORDS = 5_000;
/** How many words of a search are used. */
const MAX_SEARCHED = 10;

/** At most 5,000 different words, those of the first texts first. */
export const wordsOf = (...texts: string[]): string[] => [
  ...collect(
    texts.map((text) => ['', text]),
    MAX_TEXT_CHARS,
  ),
];

/** The same of one text of any length; in a parser thread only. */
export const wordsOfWhole = (text: string): string[] => [...collect([['', text]], text.length)];

/** What a mail is found by. */
export interface SearchedMail {
  subject: string;
  text: string;
  /** Who wrote it: From, and the original sender. */
  from: Address[];
  /** To, Cc and Reply-To. */
  to: Address[];
  filenames: string[];
}

/**
 * Words of a mail: its subject, people, file names and text. Those of the subject and of people are there once
 * more with the field before them (`from:ann`), so that a search can name the field.
 * @param maxChars of the text; all of it is read in a parser thread only
 */
export function mailWords(mail: SearchedMail, maxChars = MAX_TEXT_CHARS): string[] {
  const nameOf = ({ name, email }: Address) => `${name} ${email}`;
  const people = (list: Address[]) => list.slice(0, MAX_PEOPLE).map(nameOf).join(' ');
  const [from, to] = [people(mail.from), people(mail.to)];
  const tagged: [tag: string, text: string][] = [
    ['from:', from],
    ['to:', to],
    ['subject:', mail.subject],
    ['', mail.subject],
    ['', from],
    ['', to],
    ['', mail.filenames.join(' ')],
    ['', mail.text],
  ];
  return [...collect(tagged, maxChars)];
}
const MAX_PEOPLE = 100;

/** The words of a stored message; made here for one that was stored before they were kept. */
export const wordsOfMessage = (message: { subject: string; text: string; words?: string[] }): string[] =>
  message.words && message.words.length > 0 ? message.words : wordsOf(message.subject, message.text);

function collect(texts: [tag: string, text: string][], maxChars: number): Set<string> {
  const words = new Set<string>();
  for (const [tag, text] of texts) {
    for (const word of tokensIn(text, maxChars)) {
      if (isKept(word)) words.add(tag + word);
      if (words.size === MAX_WORDS) return words;
    }
  }
  return words;
}

/**
 * Filter of rows that have every word of the search, and a word that begins with its last one.
 * @returns null when the search has no words
 */
export function searchFor(search: string): { $and: object[] } | null {
  const tokens = [...new Set(tokensOf(search, true))];
  const last = tokens.pop();
  if (last === undefined) return null;
  const whole = tokens.filter(isKept).slice(0, MAX_SEARCHED - 1);
  // Only letters and digits, so nothing needs escaping in the regular expression.
  return { $and: [...whole.map((word) => ({ words: word })), { words: { $regex: `^${last}` } }] };
}

/** A single letter is left out, except in scripts where it can be a word. */
export const isKept = (word: string): boolean => word.length > 1 || word.match(UNSPACED) !== null;

export const tokensOf = (text: string, isSearch = false): string[] => [
  ...tokensIn(text, MAX_TEXT_CHARS, isSearch),
];

/**
 * The tokens one by one: who has enough of them stops, and the rest of the text is not read.
 * @param maxChars of the text after normalising, which makes 18 letters of some (U+FDFA)
 */
function* tokensIn(text: string, maxChars: number, isSearch = false): Generator<string> {
  let left = maxChars;
  for (const piece of piecesOf(text)) {
    const folded = fold(piece).slice(0, left);
    left -= folded.length;
    for (const [word] of folded.matchAll(WORD)) {
      for (const run of word.match(UNSPACED) ?? []) yield* pairsOf(run, isSearch).map(cutWord);
      yield* word.replace(UNSPACED, ' ').split(' ').filter(Boolean).map(cutWord);
    }
    if (left <= 0) return;
  }
}

const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ßæœøłđı]/g, (letter) => PLAIN[letter] ?? letter);

const cutWord = (word: string): string => Array.from(word).slice(0, MAX_WORD_CHARS).join('');

/** So much is normalised at once. */
const PIECE_CHARS = 4_096;

/** The text in pieces that end at a blank; where there is none, the last letters begin the next piece too. */
function* piecesOf(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > PIECE_CHARS) {
    const piece = text.slice(from, from + PIECE_CHARS);
    const blank = piece.search(/\s\S*$/);
    yield blank > 0 ? piece.slice(0, blank) : piece;
    from += blank > 0 ? blank : PIECE_CHARS - OVERLAP;
    if (/[\uDC00-\uDFFF]/.test(text[from]!)) from -= 1;
  }
  yield text.slice(from);
}
const OVERLAP = 2;

/**
 * Every two neighbouring letters; of a text also the last letter alone, so that a search for it finds the
 * text.
 */
function pairsOf(run: string, isSearch: boolean): string[] {
  const letters = Array.from(run);
  const pairs = letters.map((letter, i) => letter + (letters[i + 1] ?? ''));
  return isSearch && pairs.length > 1 ? pairs.slice(0, -1) : pairs;
}
