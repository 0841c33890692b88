import { Parser } from 'htmlparser2';
import { caps } from './caps.ts';
import { capText } from './text.ts';

/**
 * Elements that htmlparser2 keeps in a list which closing tags do not always shorten. Each costs time in
 * proportion to the length of that list.
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
 * Cuts HTML so that it is safe to pass to a parser: at most `caps.htmlBytes`, and before the first element
 * that exceeds the number or depth of elements. The parsers of sanitize-html and html-to-text need time in
 * proportion to the square of the depth, and the latter recurses (measured: 116 s for 300,000 `<div>`; a
 * stack overflow at 10,000). This scan stops at the limit.
 */
export function limitHtml(html: string): { html: string; cut: boolean } {
  const { text, cut } = capText(html, caps.htmlBytes);
  const end = firstExcessTag(text);
  return end === null ? { html: text, cut } : { html: text.slice(0, end), cut: true };
}

/** Offset of the first start tag that exceeds a limit; null if none does. */
function firstExcessTag(html: string): number | null {
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
