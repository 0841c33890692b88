import { z } from 'zod';
import { normaliseAddress } from '../mail/addresses.ts';
import { storable } from '../mail/text.ts';
import { searchFor } from '../core/threads/searchWords.ts';

/** A line break ends a header, and a NUL much else; a tab is a space. */
export const CONTROL = /(?!\t)\p{Cc}/u;
export const NO_CONTROL = 'must be one line without control characters';

/** Text that may stand in a header. */
export const OneLine = (maxChars: number) =>
  z
    .string('must be text')
    .max(maxChars, `must be at most ${maxChars} characters`)
    .refine((text) => !CONTROL.test(text), NO_CONTROL)
    .transform((text) => storable(text).trim());

/** An address by itself, normalised. */
export const Address = z.string('must be text').transform((text, check): string => {
  const address = normaliseAddress(text);
  if (address !== null) return address;
  check.addIssue('must be an address, like support@acme.com');
  return z.NEVER;
});

/** Longest search. */
const MAX_SEARCH_CHARS = 500;

/** What `q` of a list looks for, as a condition of its rows (core/threads/searchWords.ts). */
export const Search = z
  .string('must be given once')
  .max(MAX_SEARCH_CHARS, `must be at most ${MAX_SEARCH_CHARS} characters`)
  .transform((text, check) => {
    const found = searchFor(text);
    if (found) return found;
    check.addIssue('has no word to look for');
    return z.NEVER;
  })
  .meta({ description: 'Words, of which the last may be begun.' });
