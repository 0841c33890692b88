import type { ShownFile, ShownMail } from './shownMail.ts';

/**
 * For the HTML of a mail, which is not trusted: no scripts, no forms, no external resources, and a separate
 * origin. Its links open in a new window.
 */
export const FRAME_POLICY = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  'img-src data:',
  'font-src data:',
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** The mail's HTML with its inline images embedded. */
export function framed({ html, files }: ShownMail & { html: string }): string {
  const images = new Map(files.flatMap((file) => (file.contentId ? [[file.contentId, file] as const] : [])));
  const withImages = html.replace(/\bcid:([^"'\s)>]+)/gi, (whole, id: string) => {
    const image = images.get(decoded(id)) ?? images.get(id);
    return image ? dataUrl(image) : whole;
  });
  return `<!doctype html><base target="_blank">${withImages}`;
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** Only types of images that are safe in a URL. */
function dataUrl({ contentType, bytes }: ShownFile): string {
  const type = /^image\/[\w.+-]+$/.test(contentType) ? contentType : 'application/octet-stream';
  return `data:${type};base64,${bytes.toString('base64')}`;
}
