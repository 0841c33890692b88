import { z } from 'zod';
import { normaliseAddress } from '../mail/addresses.ts';
import { formSender } from '../mail/formSenders.ts';
import { storable } from '../mail/text.ts';
import { ROLES } from '../infra/models/workspace.ts';
import { searchFor } from '../mail/searchWords.ts';

/** Control characters but for the tab: a line break would end a header. */
export const CONTROL = /(?!\t)\p{Cc}/u;
export const NO_CONTROL = 'must be one line without control characters';

/** Text of one line, which is safe in a header. */
export const OneLine = (maxChars: number) =>
  z
    .string('must be text')
    .max(maxChars, `must be at most ${maxChars} characters`)
    .refine((text) => !CONTROL.test(text), NO_CONTROL)
    .transform((text) => storable(text).trim());

/** Role of a member. */
export const Role = z.enum(ROLES, 'must be "owner" or "member"');

/** An address without a name, normalised. */
export const Address = z.string('must be text').transform((text, check): string => {
  const address = normaliseAddress(text);
  if (address !== null) return address;
  check.addIssue('must be an email address, like support@acme.com');
  return z.NEVER;
});

/** A domain of a form service, normalised. */
export const FormSender = z.string('must be text').transform((text, check): string => {
  const domain = formSender(text);
  if (domain !== null) return domain;
  check.addIssue('must be a domain that belongs to one organisation, like forms.acme.com');
  return z.NEVER;
});

const MAX_SEARCH_CHARS = 500;

/** `q` of a list, as a condition on its rows (core/threads/searchWords.ts). */
export const Search = z
  .string('must be given once')
  .max(MAX_SEARCH_CHARS, `must be at most ${MAX_SEARCH_CHARS} characters`)
  .transform((text, check) => {
    const condition = searchFor(text);
    if (condition) return condition;
    check.addIssue('must have a word to search for');
    return z.NEVER;
  })
  .meta({ description: 'Words to search for. The last may be the beginning of a word.' });
