import type { DeliveryReport } from './inboundEmail.ts';
import { caps } from './caps.ts';
import { mediaType } from './files.ts';

/**
 * The first bytes of the parts of a delivery report (RFC 3462): what became of each recipient; the mail that
 * it is about.
 */
export type ReportParts = Record<ReportPart, Buffer | null>;
export type ReportPart = 'status' | 'original';

/** Bytes of a part that are read; of the returned mail only its header is wanted. */
export const REPORT_PART_BYTES = caps.headerBytes;

/** RFC 3464, RFC 3462; the `global` ones are those of mail in UTF-8 (RFC 6533). */
const PARTS: Record<string, ReportPart> = {
  'message/delivery-status': 'status',
  'message/global-delivery-status': 'status',
  'message/rfc822': 'original',
  'text/rfc822-headers': 'original',
  'message/global': 'original',
  'message/global-headers': 'original',
};

/** Which part of a delivery report a file may be. */
export function reportPart(contentType: string | false | null): ReportPart | null {
  const type = mediaType(contentType);
  return Object.hasOwn(PARTS, type) ? PARTS[type]! : null;
}

/** The files that may be parts of a delivery report: the first of each kind. */
export function reportFiles<File>(files: File[], typeOf: (file: File) => string): Map<ReportPart, File> {
  const found = new Map<ReportPart, File>();
  for (const file of files) {
    const part = reportPart(typeOf(file));
    if (part && !found.has(part)) found.set(part, file);
  }
  return found;
}

export type ReportedRecipient = DeliveryReport['recipients'][number];
