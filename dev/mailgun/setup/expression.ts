import type { Header } from '../headers.ts';

/** One part of a route's expression. */
export type Condition =
  | { kind: 'recipient'; pattern: string }
  | { kind: 'header'; name: string; pattern: string }
  | { kind: 'catch_all' };

/** The captures of an expression's patterns: `\1` and `\g<name>` in its actions. */
export interface Captures {
  groups: string[];
  named: Record<string, string>;
}

const STRING = String.raw`\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*`;
const CALL = new RegExp(
  String.raw`^\s*(?:(catch_all)\(\s*\)|match_recipient\(${STRING}\)|match_header\(${STRING},${STRING}\))`,
);

/** Null when it is not in Mailgun's language. */
export function parseExpression(expression: string): Condition[] | null {
  const conditions: Condition[] = [];
  for (let rest = expression; ;) {
    const call = CALL.exec(rest);
    if (!call) return null;
    const [whole, catchAll, recipient, name, value] = call;
    if (catchAll) conditions.push({ kind: 'catch_all' });
    else if (recipient) conditions.push({ kind: 'recipient', pattern: unquote(recipient) });
    else conditions.push({ kind: 'header', name: unquote(name!), pattern: unquote(value!) });
    rest = rest.slice(whole.length);
    if (rest.trim() === '') return conditions;
    const and = /^\s*and\b/i.exec(rest);
    if (!and) return null;
    rest = rest.slice(and[0].length);
  }
}

/** Keeps the backslashes of the pattern; removes only those before a quote. */
export const unquote = (quoted: string): string => quoted.slice(1, -1).replace(/\\(["'])/g, '$1');

/**
 * The captures; null when a condition does not match.
 * @param headers null: unknown, so that no header matches
 */
export function match(conditions: Condition[], recipient: string, headers: Header[] | null): Captures | null {
  const captures: Captures = { groups: [], named: {} };
  for (const condition of conditions) {
    if (condition.kind === 'catch_all') continue;
    const values =
      condition.kind === 'recipient'
        ? [recipient]
        : (headers ?? []).flatMap(([name, value]) =>
            name.toLowerCase() === condition.name.toLowerCase() ? [value] : [],
          );
    const pattern = compile(condition.pattern);
    const result = values.map((value) => pattern?.exec(value)).find(Boolean);
    if (!result) return null;
    captures.groups.push(...result.slice(1));
    Object.assign(captures.named, result.groups);
  }
  return captures;
}

/**
 * A Python pattern. Null when it cannot be compiled: Mailgun accepts such a pattern, and it matches nothing.
 */
function compile(pattern: string): RegExp | null {
  const source = pattern
    .replace(/^\(\?i\)/, '')
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`);
  try {
    return new RegExp(source, 'i');
  } catch {
    return null;
  }
}
