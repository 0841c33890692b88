/** Links in plain text: web addresses, and mail addresses. */
const LINK =
  /\bhttps?:\/\/[^\s<>"\p{Cc}]{1,2000}|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/giu;
/** What usually ends the sentence and not the address. */
const TRAILING = new Set(".,;:!?'*_~]");

/** Plain text as text of HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Plain text as HTML: escaped, with links. Line breaks stay as they are. */
export function linkify(text: string): string {
  let html = '';
  let position = 0;
  for (const { 0: written, index } of text.matchAll(LINK)) {
    const address = withoutTail(written);
    const href = /^https?:/i.test(address) ? address : `mailto:${address}`;
    html +=
      escapeHtml(text.slice(position, index)) +
      `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${escapeHtml(address)}</a>`;
    position = index + address.length;
  }
  return html + escapeHtml(text.slice(position));
}

/** A closing bracket belongs to the address only if it was opened in it. */
function withoutTail(written: string): string {
  let unopened = written.split(')').length - written.split('(').length;
  let end = written.length;
  for (; end > 0; end--) {
    const last = written[end - 1]!;
    if (last === ')' && unopened > 0) unopened -= 1;
    else if (!TRAILING.has(last)) break;
  }
  return written.slice(0, end);
}
