/**
 * The text on one line: each run of control characters (line breaks, tabs, NUL) becomes one space; trimmed.
 */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();
