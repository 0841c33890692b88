/** The words of HTML, without a DOM. Pure. */
export function textOf(html: string): string {
  return html
    .replace(/<p\b[^>]*>\s*<br[^>]*>\s*<\/p>/gi, '\n')
    .replace(/<(?:br|\/p|\/li|\/h\d|\/tr|\/div|\/blockquote)[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

/** Plain text as paragraphs. */
export const textToHtml = (text: string): string =>
  text
    .split('\n')
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('');

export const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
