import { Parser } from 'htmlparser2';
import { caps } from './caps.ts';
import { capText } from './text.ts';

/**
 * Elements for which htmlparser2 keeps a list that closing tags need not shorten; each costs the list's
 * length.
 */
const FOREIGN = new Set([
  'math',
  'svg',
  'mi',
  'mo',
  'mn',
  'ms',
  'mtext',
  'annotation-xml',
  'foreignobject',
  'desc',
  'title',
]);
const MAX_FOREIGN = 2_000;

/**
 * HTML that is safe to hand to a parser: at most `caps.htmlBytes`, cut before the first element that is
 * one too many or too deep. The parsers behind sanitize-html and html-to-text need time that grows with the
 * square of the depth, and the second recurses (measured: 116 s for 300,000 `<div>`; a stack overflow at
 * 10,000); this scan stops at the limit.
 */
export function limitHtml(html: string): { html: string; cut: boolean } {
  const { text, cut } = capText(html, caps.htmlBytes);
  const end = firstTooMuch(text);
  return end === null ? { html: text, cut } : { html: text.slice(0, end), cut: true };
}

/** Offset of the first start tag that is one too many, or null. */
function firstTooMuch(html: string): number | null {
  let depth = 0;
  let elements = 0;
  let foreign = 0;
  let end: number | null = null;
  const parser = new Parser({
    onopentagname(name) {
      depth++;
      elements++;
      if (FOREIGN.has(name)) foreign++;
      if (
        end !== null ||
        (depth <= caps.htmlDepth && elements <= caps.htmlElements && foreign <= MAX_FOREIGN)
      )
        return;
      end = parser.startIndex;
      parser.pause();
    },
    onclosetag() {
      depth--;
    },
  });
  parser.write(html);
  return end;
}
