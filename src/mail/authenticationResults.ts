import type { Verdict, Verdicts } from './inboundEmail.ts';
import type { Headers } from './headers.ts';
import { agreed, authentication } from './verdicts.ts';

/** One result of an Authentication-Results header. */
interface Result {
  method: string;
  verdict: Verdict;
  /** `header.d` and the like, in lower case. */
  properties: Map<string, string>;
}

/** The result of the checks of a mail server; without `spam`, which the header does not have. */
type Checked = Required<Pick<Verdicts, 'spf' | 'dkim' | 'dmarc' | 'passed'>>;

/** How many characters of one header are read. */
const MAX_CHARS = 10_000;

/**
 * Reads the Authentication-Results headers (RFC 8601) of one mail server. Anybody can write such a header into a
 * mail, also with this server's name; the server must remove those (RFC 8601, 5). In addition only the topmost
 * ones count, up to the next Received: the server adds its own above those that the mail had.
 * @param authservId name by which the server signs its headers
 * @param from domain part of the mail's From, normalised; a DMARC result for another domain does not count
 * @returns null when the server has written none
 */
export function readAuthenticationResults(
  headers: Headers,
  authservId: string,
  from: string | null,
): Checked | null {
  const results = topmost(headers, authservId.toLowerCase()).flatMap(({ results }) => results);
  if (results.length === 0) return null;
  const of = (method: string) => results.filter((result) => result.method === method);
  const spf = of('spf').filter(({ properties }) => !properties.has('smtp.helo'));
  const dkim = of('dkim');
  const dmarc = of('dmarc').filter(
    ({ properties }) => from !== null && properties.get('header.from') === from,
  );
  return {
    spf: agreed(spf.map(({ verdict }) => verdict)),
    // One good signature is enough (RFC 6376, 4.2); whose it is, `passed` says.
    dkim: dkim.some(({ verdict }) => verdict === 'pass')
      ? 'pass'
      : agreed(dkim.map(({ verdict }) => verdict)),
    dmarc: agreed(dmarc.map(({ verdict }) => verdict)),
    passed: {
      spf: passedDomains(spf, ['smtp.mailfrom']),
      dkim: passedDomains(dkim, ['header.d', 'header.i']),
    },
  };
}

interface Parsed {
  authservId: string;
  results: Result[];
}

function topmost(headers: Headers, authservId: string): Parsed[] {
  const found: Parsed[] = [];
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === 'received' && found.length > 0) break;
    const parsed = key === 'authentication-results' ? parse(value) : null;
    if (parsed?.authservId === authservId) found.push(parsed);
  }
  return found;
}

/** `id 1; spf=pass smtp.mailfrom=x.test; dkim=…`; null when quotes or comments do not end. Never throws. */
function parse(value: string): Parsed | null {
  const parts = partsOf(value.slice(0, MAX_CHARS));
  if (parts === null) return null;
  const [first = '', ...others] = parts;
  const id = /^\s*"?([^\s";]+)"?(?:\s+\d+)?\s*$/.exec(first)?.[1]?.toLowerCase();
  return id === undefined ? null : { authservId: id, results: others.flatMap(resultOf) };
}

function resultOf(part: string): Result[] {
  const [, method, word, rest = ''] =
    /^\s*([a-z0-9-]{1,30})(?:\s*\/\s*\d{1,3})?\s*=\s*([a-z]{1,20})(?=\s|$)(.*)$/is.exec(part) ?? [];
  if (method === undefined || word === undefined) return [];
  const properties = new Map<string, string>();
  for (const [, name, quoted, plain] of rest.matchAll(
    // `reason` has no dot; its text, in quotes, is passed over with it.
    /(?:^|\s)([a-z]{1,20}(?:\.[a-z0-9-]{1,30})?)\s*=\s*(?:"([^"]*)"|([^\s";]+))/gi,
  ))
    if (!properties.has(name!.toLowerCase()))
      properties.set(name!.toLowerCase(), (quoted ?? plain ?? '').toLowerCase());
  return [{ method: method.toLowerCase(), verdict: authentication(word), properties }];
}

/** The parts between semicolons, without comments (RFC 5322, 3.2.2); null when a quote or comment does not end. */
function partsOf(value: string): string[] | null {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at]!;
    const isEscaped = char === '\\' && (isQuoted || depth > 0);
    if (isEscaped) at += 1;
    else if (char === '"' && depth === 0) isQuoted = !isQuoted;
    else if (char === '(' && !isQuoted) depth += 1;
    else if (char === ')' && depth > 0) depth -= 1;
    else if (char === ';' && depth === 0 && !isQuoted) {
      parts.push(part);
      part = '';
      continue;
    }
    if (depth === 0 && char !== ')' && !isEscaped) part += char;
  }
  return depth > 0 || isQuoted ? null : [...parts, part];
}

function passedDomains(results: Result[], names: string[]): string[] {
  return results
    .filter(({ verdict }) => verdict === 'pass')
    .flatMap(({ properties }) => {
      const written = names.map((name) => properties.get(name)).find((value) => value !== undefined);
      return written === undefined ? [] : [written.slice(written.lastIndexOf('@') + 1)];
    });
}
