import type { Attachment } from '../../lib/rows.ts';

export type FileKind = 'image' | 'pdf' | 'text' | 'other';

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);
const TEXTS = /^(?:text\/(?!html)|application\/(?:json|xml|yaml|csv)$|message\/)/;

/** How a file can be shown without a download. SVG and HTML are programs: they are not. Pure. */
export function fileKind({
  content_type,
  filename,
}: Pick<Attachment, 'content_type' | 'filename'>): FileKind {
  const type = content_type.split(';')[0]!.trim().toLowerCase();
  if (IMAGES.has(type)) return 'image';
  if (type === 'application/pdf') return 'pdf';
  if (TEXTS.test(type) || /\.(?:txt|log|csv|md|json|eml)$/i.test(filename)) return 'text';
  return 'other';
}

/** `PDF`, `DOCX`: for the place where a picture would be. */
export const extension = (filename: string): string => {
  const at = filename.lastIndexOf('.');
  return at <= 0 ? '' : filename.slice(at + 1, at + 5).toUpperCase();
};
