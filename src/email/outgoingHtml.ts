import { fillPlaceholders } from './html.ts';

/** Content-Ids (no brackets) of the images that sanitised HTML shows, each once. */
export function shownCids(html: string): string[] {
  const cids = new Set<string>();
  fillPlaceholders(html, (cid) => {
    cids.add(cid);
    return null;
  });
  return [...cids];
}

/**
 * Sanitised HTML as it goes out: images of the mail as `cid:` URLs (RFC 2392), and without the attributes that sanitising adds
 * for our own readers. An image without a part is left without a source.
 * @param partOf Content-Id (no brackets, fit for a URL) of the part that holds the image with this Content-Id.
 */
export function outgoingHtml(html: string, partOf: (cid: string) => string | null): string {
  // In sanitised HTML no attribute holds a bare `<`, `>` or `"`, so what is found within a tag is an attribute.
  const plain = html
    .replace(/<img [^<>]*>/g, (tag) => tag.replace(' data-remote="true"', ''))
    .replace(/<a [^<>]*>/g, (tag) => tag.replace(' target="_blank" rel="noopener noreferrer"', ''));
  return fillPlaceholders(plain, (cid) => {
    const part = partOf(cid);
    return part === null ? null : `cid:${part}`;
  });
}
