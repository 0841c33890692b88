/**
 * The text on one line: each run of control characters (line breaks, tabs, NUL) and of Unicode's line and
 * paragraph separators becomes one space; trimmed.
 */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
