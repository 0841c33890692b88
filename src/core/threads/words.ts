import { MAX_WORDS } from '../../mail/searchWords.ts';

/** A thread that has so many words to search it by gets none from a further message. */
export const FULL_AT_WORDS = 10_000;
/** The most that it can have: those of the message that fills it are all added. */
export const MAX_THREAD_WORDS = FULL_AT_WORDS + MAX_WORDS;

/** Different words, those of the first lists first, at most as many as a thread may have. */
export function joinedWords(...lists: string[][]): string[] {
  const words = new Set<string>();
  for (const list of lists) {
    for (const word of list) {
      if (words.size === MAX_THREAD_WORDS) return [...words];
      words.add(word);
    }
  }
  return [...words];
}

/** The change of `words` that puts these before those that are there; the last ones go if there is no room. */
export const withFirst = (words: string[], most = MAX_THREAD_WORDS) => ({
  $each: words,
  $position: 0,
  $slice: most,
});
