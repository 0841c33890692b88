import { escapeHtml } from '../../lib/htmlText.ts';

/** Fills the placeholders of a snippet, and says which had nothing to be filled with. Pure. */
export type Values = Readonly<Record<string, string | null>>;

const PLACEHOLDER = /\{\{\s*([a-z_]+\.[a-z_]+)\s*\}\}/g;

/** @param html values are text, so they are escaped in it */
export const fillHtml = (html: string, values: Values): string =>
  html.replace(PLACEHOLDER, (whole, name: string) => {
    const value = values[name];
    return value == null || value === '' ? whole : escapeHtml(value);
  });

/** `Ann Bergström` -> `Ann`; an address gives its first part as it is. */
export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? '';

/** Snippets that fit what was typed after `;`: by shortcut first, then by name. */
export function matching<Snippet extends { name: string; shortcut: string | null }>(
  snippets: readonly Snippet[],
  typed: string,
): Snippet[] {
  const wanted = typed.toLowerCase();
  const rank = ({ name, shortcut }: Snippet): number => {
    if (shortcut?.toLowerCase().startsWith(wanted)) return 0;
    if (name.toLowerCase().startsWith(wanted)) return 1;
    return name.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return snippets
    .filter((snippet) => rank(snippet) < 3)
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
