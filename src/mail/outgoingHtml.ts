import { createHash } from 'node:crypto';
import { fillPlaceholders } from './html.ts';

/** An image that was embedded in the HTML as a `data:` URL. */
export interface PastedImage {
  /** Without angle brackets. */
  contentId: string;
  contentType: string;
  bytes: Buffer;
}

/** Content-Ids (without angle brackets) of the mail's images that sanitised HTML shows, each once. */
export function shownCids(html: string): string[] {
  const cids = new Set<string>();
  fillPlaceholders(html, (cid) => {
    cids.add(cid);
    return null;
  });
  return [...cids];
}

/**
 * Turns sanitised HTML into the HTML of an outgoing mail: the mail's images get `cid:` URLs (RFC 2392), and
 * the attributes that sanitising adds for our own readers are removed. An image without a part gets no
 * source. Pasted images (`data:` URLs, which Gmail and Outlook do not show) become parts too.
 * @param partOf Content-Id (without angle brackets, usable in a URL) of the part with the image that has this
 * Content-Id.
 */
export function outgoingHtml(
  html: string,
  partOf: (cid: string) => string | null,
): { html: string; pasted: PastedImage[] } {
  const pasted = new Map<string, PastedImage>();
  // In sanitised HTML no attribute value contains a bare `<`, `>` or `"`, so a match inside a tag is an
  // attribute.
  const plain = html
    .replaceAll('<img data-src="', '<img src="')
    .replace(/<\w+ [^<>]*>/g, (tag) => tag.replace(/ data-(?:quote|signature)="\w+"/g, ''))
    .replace(/<a [^<>]*>/g, (tag) => tag.replace(' target="_blank" rel="noopener noreferrer"', ''))
    .replace(/<img src="data:(image\/\w+);base64,([^"<>]*)"/gi, (_, type: string, base64: string) => {
      const image = pastedImage(type.toLowerCase(), base64);
      pasted.set(image.contentId, image);
      return `<img src="cid:${image.contentId}"`;
    });
  const filled = fillPlaceholders(plain, (cid) => {
    const part = partOf(cid);
    return part === null ? null : `cid:${part}`;
  });
  return { html: filled, pasted: [...pasted.values()] };
}

function pastedImage(contentType: string, base64: string): PastedImage {
  const bytes = Buffer.from(base64, 'base64');
  const hash = createHash('sha256').update(contentType).update(bytes).digest('hex');
  return { contentId: `${hash.slice(0, 32)}@pasted`, contentType, bytes };
}
