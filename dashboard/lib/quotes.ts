/**
 * Splits plain text into what was written and what is quoted, so that a quote can be folded and never cut. Pure; joining the
 * parts gives the text again.
 */
export interface Part {
  kind: 'own' | 'quote';
  text: string;
}

/** `On 3 Oct, Ann wrote:` in the words of the usual mail programs; the line before a quote belongs to it. */
const ATTRIBUTION =
  /^(?:on|am|le|el|il|op|den|dne|em|w dniu)\b.{4,200}(?:wrote|schrieb|écrit|escribió|scritto|schreef|skrev|napsal|escreveu|napisał)[^\n]{0,80}:\s*$/i;
const DIVIDER =
  /^(?:-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|forwarded message)\s*-{2,}|_{10,})\s*$/i;

export function partsOf(text: string): Part[] {
  const lines = text.split(/(?<=\n)/);
  const parts: Part[] = [];
  let divided = false;
  for (const [index, line] of lines.entries()) {
    divided ||= DIVIDER.test(line.trimEnd());
    const quoted =
      divided || isQuoted(line) || (ATTRIBUTION.test(line.trimEnd()) && quoteFollows(lines, index));
    push(parts, quoted ? 'quote' : 'own', line);
  }
  return parts;
}

/** What its writer wrote, without what is quoted in it. */
export const ownText = (text: string): string =>
  partsOf(text)
    .map((part) => (part.kind === 'own' ? part.text : ''))
    .join('')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd();

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line);

function quoteFollows(lines: string[], index: number): boolean {
  const next = lines.slice(index + 1).find((line) => line.trim() !== '');
  return next !== undefined && isQuoted(next);
}

/** Blank lines go on with what they stand in. */
function push(parts: Part[], kind: Part['kind'], line: string): void {
  const last = parts.at(-1);
  if (last && (last.kind === kind || line.trim() === '')) last.text += line;
  else parts.push({ kind, text: line });
}
