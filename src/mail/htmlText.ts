import { compile } from 'html-to-text';
import { limitHtml } from './htmlLimits.ts';
import { capText } from './text.ts';

const convert = compile({
  wordwrap: false,
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** The plain text of HTML, for mail that has no text part. */
export function textFromHtml(html: string): string {
  return capText(convert(limitHtml(html).html)).text;
}
