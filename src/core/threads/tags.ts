/** Limits: tags of a thread, and characters of a tag. */
export const MAX_TAGS = 30;
export const MAX_TAG_CHARS = 50;

/** A tag in lower case, with single spaces; empty when it has only spaces. */
export function normaliseTag(tag: string): string {
  return tag.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}
