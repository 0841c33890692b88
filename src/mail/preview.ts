const MAX_PREVIEW_CHARS = 200;
/** Only the beginning is read: a mail may have 2 MB of text. */
const MAX_READ_CHARS = 20_000;

/** A quoted line, and the separators after which mail clients put the mail that is answered. */
const QUOTED_LINE = /^\s*>/;
const SEPARATOR =
  /^\s*(?:-{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|message d'origine|mensaje original|forwarded message)\s*-{2,}|_{20,})\s*$/iu;
/** The line between a text and the signature (RFC 3676, 4.3). */
const SIGNATURE = /^-- ?$/;
/** `On Tue, 3 Mar 2026, Ann wrote:`, in any language: it ends with a colon and names a time or an address. */
const ATTRIBUTION = /(?:\d{1,2}[:.]\d{2}|<[^<>\s]+@[^<>\s]+>|\d{4}).*[:：]\s*$/u;

/**
 * The first words of a mail's text on one line, without quoted text and signature. Where nothing else is
 * left, of the quoted text.
 */
export function previewOf(text: string): string {
  const lines = text.slice(0, MAX_READ_CHARS).split(/\r\n|[\r\n]/);
  return oneLine(ownLines(lines)) || oneLine(lines.map((line) => line.replace(/^[\s>]+/, '')));
}

function ownLines(lines: string[]): string[] {
  const own: string[] = [];
  for (const line of lines) {
    if (SEPARATOR.test(line) || SIGNATURE.test(line)) break;
    if (!QUOTED_LINE.test(line)) own.push(line);
    else dropAttribution(own);
  }
  return own;
}

/** The attribution of a quote is the last paragraph before it: one line, or two where it was wrapped. */
function dropAttribution(own: string[]): void {
  while (own.length > 0 && own.at(-1)!.trim() === '') own.pop();
  const [previous = '', last = ''] = own.slice(-2);
  const isWrapped = own.length > 1 && (/^\s*</.test(last) || !ATTRIBUTION.test(last));
  if (ATTRIBUTION.test(isWrapped ? `${previous} ${last}` : own.length > 1 ? last : previous))
    own.splice(isWrapped ? -2 : -1);
}

function oneLine(lines: string[]): string {
  const joined = lines.join(' ').replace(/\s+/gu, ' ').trim();
  const chars = Array.from(joined.slice(0, MAX_PREVIEW_CHARS * 2));
  return chars.length <= MAX_PREVIEW_CHARS && joined.length <= MAX_PREVIEW_CHARS * 2
    ? joined
    : `${chars
        .slice(0, MAX_PREVIEW_CHARS - 1)
        .join('')
        .trimEnd()}…`;
}
