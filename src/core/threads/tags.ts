/** Tags of one thread, and letters of a tag. */
export const MAX_TAGS = 30;
export const MAX_TAG_CHARS = 50;

/** One way of writing a tag: lower case, single spaces. Empty where it says nothing. */
export function normaliseTag(tag: string): string {
  return tag.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}
