import { classes } from './classes.ts';

/**
 * Initials of a name; no part of any accessible name. They are content of the style sheet: a button's name need not repeat
 * what is written on it then (WCAG 2.5.3).
 */
export function Avatar({ name, me = false, size = 30 }: { name: string; me?: boolean; size?: number }) {
  return (
    <span
      aria-hidden
      data-initials={initials(name)}
      style={{ width: size, height: size, fontSize: Math.max(9, Math.round(size * 0.37)) }}
      className={classes(
        'grid shrink-0 place-items-center rounded-full font-semibold select-none before:content-[attr(data-initials)]',
        me ? 'bg-accent-bg text-accent' : 'bg-bg-3 text-fg-2',
      )}
    />
  );
}

/** Two letters at most: of the first and the last word, or the first letter of an address. */
function initials(name: string): string {
  const parts = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter(Boolean);
  const letters = parts.length > 1 ? [parts[0], parts.at(-1)] : [parts[0]];
  return letters
    .map((part) => String.fromCodePoint((part ?? '?').codePointAt(0)!).toLocaleUpperCase())
    .join('');
}
