import { caps } from './caps.ts';

/** Longest line of a mail (RFC 5322 2.1.1); a longer id is not accepted. */
const MAX_LENGTH = 998;

/**
 * The ids of the form `<x@y>` in a Message-Id, In-Reply-To or References header: with their brackets, in
 * order, each once. Words, comments and ids without brackets are ignored.
 */
export function readMessageIds(value: string): string[] {
  const ids = new Set<string>();
  // Matches comments too, because an id inside a comment does not count. No part of the value is scanned
  // twice.
  for (const [, inside] of value.matchAll(/<([^<>]*)>|\([^()]*\)/g)) {
    const id = inside?.trim();
    if (id && id.length <= MAX_LENGTH && /^[^\s@\p{Cc}\p{Surrogate}][^\s\p{Cc}\p{Surrogate}]*$/u.test(id)) {
      const at = id.indexOf('@');
      if (at > 0 && at < id.length - 1) ids.add(`<${id}>`);
    }
  }
  return [...ids];
}

interface ParentHeaders {
  in_reply_to: string[];
  references: string[];
}

/** The ids that may be this mail's parent, most likely first: In-Reply-To, then References newest first. */
export function parentIds({ in_reply_to, references }: ParentHeaders): string[] {
  return [...new Set([...in_reply_to, ...references.toReversed()])].slice(0, caps.parentIds);
}

/**
 * The ids by which mails of one exchange find each other when none of their parents has arrived. First the
 * oldest reference: all of them have it in common, so concurrent mails meet at one id. Then the parent:
 * In-Reply-To, or without it the newest reference.
 */
export function missingParents({ in_reply_to, references }: ParentHeaders): string[] {
  const parents = in_reply_to.length > 0 ? in_reply_to : references.slice(-1);
  return [...new Set([...references.slice(0, 1), ...parents])].slice(0, caps.parentIds);
}
