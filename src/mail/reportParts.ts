import type { DeliveryReport } from './inboundEmail.ts';
import { caps } from './caps.ts';
import { mediaType } from './files.ts';

/**
 * The first bytes of the parts of a delivery report (RFC 3462): the status of each recipient, and the
 * original mail.
 */
export type ReportParts = Record<ReportPart, Buffer | null>;
export type ReportPart = 'status' | 'original';

/** How many bytes of a part are read: of the original mail only the header is needed. */
export const REPORT_PART_BYTES = caps.headerBytes;

/** RFC 3464, RFC 3462; the `global` types are for mail in UTF-8 (RFC 6533). */
const PARTS: Record<string, ReportPart> = {
  'message/delivery-status': 'status',
  'message/global-delivery-status': 'status',
  'message/rfc822': 'original',
  'text/rfc822-headers': 'original',
  'message/global': 'original',
  'message/global-headers': 'original',
};

/** The part of a delivery report that a file with this type may be, or null. */
export function reportPart(contentType: string | false | null): ReportPart | null {
  const type = mediaType(contentType);
  return Object.hasOwn(PARTS, type) ? PARTS[type]! : null;
}

/** The files that may be parts of a delivery report: the first of each kind. */
export function reportFiles<File>(files: File[], typeOf: (file: File) => string): Map<ReportPart, File> {
  const parts = new Map<ReportPart, File>();
  for (const file of files) {
    const part = reportPart(typeOf(file));
    if (part && !parts.has(part)) parts.set(part, file);
  }
  return parts;
}

export type ReportedRecipient = DeliveryReport['recipients'][number];
