import EmailReplyParser from 'email-reply-parser';

/**
 * Longer bodies are not stripped: the parser needs seconds for 100,000 spaces. Mailgun omits the fields, too,
 * when its parser fails.
 */
const MAX_TO_STRIP = 20_000;

/** `stripped-text` and `stripped-signature`: the text without quotes and signature, and the signature. */
export function stripText(text: string): { text: string; signature: string } | null {
  if (text.length > MAX_TO_STRIP) return null;
  const fragments = new EmailReplyParser().read(text.replaceAll('\r\n', '\n')).getFragments();
  const join = (chosen: typeof fragments) =>
    chosen
      .map((fragment) => fragment.getContent())
      .join('\n')
      .replace(/\s+$/, '');
  return {
    text: join(fragments.filter((f) => !f.isHidden() && !f.isSignature() && !f.isQuoted())),
    signature: join(fragments.filter((f) => f.isSignature())),
  };
}

/** The beginning of the quoted part in the HTML of common mail programs. */
const QUOTE_STARTS =
  /<blockquote\b|<div[^>]{0,200}\bclass="?(?:gmail_quote|yahoo_quoted|moz-cite-prefix)|<div[^>]{0,200}\bid="?(?:appendonsend|divRplyFwdMsg|reply-intro)/i;

/** `stripped-html`: the HTML up to the first quote. */
export function stripHtml(html: string): string {
  const start = html.search(QUOTE_STARTS);
  if (start < 0) return html;
  return html.slice(0, start) + (/<\/body>/i.test(html) ? '</body></html>' : '');
}
