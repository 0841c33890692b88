/** Which text is a link. Pure. Other programs than the browser's, the mail's and the telephone's are refused. */
const SAFE = /^(?:https?:\/\/|mailto:|tel:)\S+$/i;

export const isSafeHref = (href: string): boolean => SAFE.test(href);

/** What somebody wrote as an address: `x.test/a` is a page, `ann@x.test` a mail. null: it is none. */
export function hrefOf(text: string): string | null {
  if (isSafeHref(text)) return text;
  if (/^[^\s/:@]+\.[^\s:@]+$/.test(text)) return `https://${text}`;
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? `mailto:${text}` : null;
}

/** Addresses of pages within a text; a full stop behind one is not part of it. */
export const URLS = /(?:https?:\/\/|www\.)[^\s<>"]*[^\s<>".,;:!?'()[\]{}]/gi;
/** One that has just been ended by a space. */
export const URL_BEFORE_SPACE = new RegExp(`(?:^|\\s)(${URLS.source})[.,;:!?)]* $`, 'i');
