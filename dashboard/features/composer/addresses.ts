import type { Address } from '../../lib/rows.ts';

/** Addresses as people type and paste them. Pure. */

/** Looks like an address that mail can be sent to; the server has the last word. */
export const isAddress = (email: string): boolean =>
  /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(?:\.[^\s@<>()[\],;:"\\.]+)+$/.test(email) &&
  email.length <= 254;

/**
 * `Ann <ann@x.test>, "Lee, Bo" <bo@x.test>; cy@x.test` in parts. What is no address is kept as it was typed: nothing that
 * was typed is lost.
 */
export function parseAddresses(text: string): Address[] {
  return split(text)
    .map((part) => part.trim())
    .filter(Boolean)
    .map(parseOne);
}

/** At commas, semicolons and line ends outside of quotes and angle brackets. */
function split(text: string): string[] {
  const parts = [''];
  let quoted = false;
  let angled = false;
  let escaped = false;
  for (const sign of text) {
    if (sign === '"' && !escaped) quoted = !quoted;
    // Within quotes a backslash makes the next sign a plain one.
    escaped = quoted && sign === '\\' && !escaped;
    if (sign === '<' && !quoted) angled = true;
    if (sign === '>') angled = false;
    if (/[,;\n]/.test(sign) && !quoted && !angled) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${sign}`);
  }
  return parts;
}

function parseOne(part: string): Address {
  const named = /^(?:"((?:[^"\\]|\\.)*)"|([^<]*?))\s*<\s*([^<>]*?)\s*>$/.exec(part);
  if (!named) return { email: part.replace(/^mailto:/i, ''), name: '' };
  const name = (named[1]?.replace(/\\(.)/g, '$1') ?? named[2] ?? '').trim();
  return { email: named[3]!, name: name === named[3] ? '' : name };
}

/** As the API takes it. */
export function formatAddress({ email, name }: Address): string {
  if (name === '') return email;
  const plain = /^[\p{L}\p{N} .'_-]+$/u.test(name);
  return plain ? `${name} <${email}>` : `"${name.replace(/[\\"]/g, '\\$&')}" <${email}>`;
}

export const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Each address once; the first stays. */
export function unique(people: readonly Address[]): Address[] {
  return people.filter(
    ({ email }, index) => people.findIndex((other) => sameAddress(other.email, email)) === index,
  );
}

/** Of a list, those that are not in the others. */
export const without = (people: readonly Address[], ...others: readonly (readonly Address[])[]): Address[] =>
  people.filter(({ email }) => !others.flat().some((other) => sameAddress(other.email, email)));
