import type { Attachment } from '../../lib/rows.ts';

/** Turns the editor's HTML into what a mail has, and back. Pure. */

/** Attributes in the form that Outlook and Gmail understand: they know no style sheet of ours. */
const STYLES: [tag: RegExp, style: string][] = [
  [/<p(?=[\s>])/gi, 'margin:0'],
  [/<table(?=[\s>])/gi, 'border-collapse:collapse'],
  [/<t([dh])(?=[\s>])/gi, 'border:1px solid #c8c5be;padding:4px 8px;text-align:left;vertical-align:top'],
  [/<blockquote(?=[\s>])/gi, 'margin:0 0 0 8px;border-left:2px solid #c8c5be;padding-left:12px'],
];

/** @param files whose pictures stand in the text: they go as `cid:` */
export function outgoingHtml(html: string, files: readonly Attachment[]): string {
  let mail = html.replace(/<p>\s*<\/p>/g, '<p><br></p>');
  for (const [tag, style] of STYLES)
    mail = mail.replace(tag, (start) => (start.includes('style=') ? start : `${start} style="${style}"`));
  return toCids(mail, files);
}

/** Pictures of uploads by their Content-ID: a draft is kept like this too, since URLs may change. */
export const toCids = (html: string, files: readonly Attachment[]): string =>
  html.replace(/(<img\b[^>]*?\bsrc=")([^"]*)(")/gi, (whole, before: string, src: string, after: string) => {
    const file = files.find(
      ({ id, content_id }) => content_id !== null && src.includes(`/attachments/${id}`),
    );
    return file ? `${before}cid:${file.content_id}${after}` : whole;
  });

/** The other way, for the editor. @param urlOf where an upload is shown */
export const fromCids = (html: string, files: readonly Attachment[], urlOf: (id: string) => string): string =>
  html.replace(
    /(<img\b[^>]*?\bsrc=")cid:([^"]*)(")/gi,
    (whole, before: string, cid: string, after: string) => {
      const file = files.find(({ content_id }) => content_id === cid);
      return file ? `${before}${urlOf(file.id)}${after}` : whole;
    },
  );

/** Uploads whose picture stands in the text: they are no files of the list. */
export const isInText = (html: string, { id }: Attachment): boolean => html.includes(`/attachments/${id}`);
