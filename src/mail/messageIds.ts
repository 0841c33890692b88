import { caps } from './caps.ts';

/** Longest line of a mail (RFC 5322 2.1.1): an id beyond it is none. */
const MAX_LENGTH = 998;

/**
 * Ids of the shape `<x@y>` in a Message-Id, In-Reply-To or References header: with their brackets, in order,
 * each once. Words, comments and ids without brackets are passed over.
 */
export function readMessageIds(value: string): string[] {
  const ids = new Set<string>();
  // Either `<…>` or a comment: what a comment quotes is no id. Neither alternative can scan a stretch twice.
  for (const [, inside] of value.matchAll(/<([^<>]*)>|\([^()]*\)/g)) {
    const id = inside?.trim();
    if (id && id.length <= MAX_LENGTH && /^[^\s@\p{Cc}\p{Surrogate}][^\s\p{Cc}\p{Surrogate}]*$/u.test(id)) {
      const at = id.indexOf('@');
      if (at > 0 && at < id.length - 1) ids.add(`<${id}>`);
    }
  }
  return [...ids];
}

interface Naming {
  in_reply_to: string[];
  references: string[];
}

/** Ids that may be this mail's parent, likeliest first: In-Reply-To, then References newest first. */
export function parentIds({ in_reply_to, references }: Naming): string[] {
  return [...new Set([...in_reply_to, ...references.toReversed()])].slice(0, caps.parentIds);
}

/**
 * Ids by which mails of one exchange find each other before any that they name is here. First the oldest
 * reference, which all of them share: so they meet at one id, however many come at the same moment. Then the
 * parent: In-Reply-To, without it the newest reference.
 */
export function missingParents({ in_reply_to, references }: Naming): string[] {
  const parents = in_reply_to.length > 0 ? in_reply_to : references.slice(-1);
  return [...new Set([...references.slice(0, 1), ...parents])].slice(0, caps.parentIds);
}
