import type { DeliveryReport, InboundEmail } from './inboundEmail.ts';
import { normaliseAddress, parseAddressList, type Address } from './addresses.ts';
import { idOfReturnedMail, readsLikeBounce, readsLikeDelay, recipientsInText } from './bounceText.ts';
import { decodeBytes } from './charset.ts';
import { readDeliveryStatus } from './deliveryStatus.ts';
import { firstHeader, headerValues, readHeaderBlock, type Headers } from './headers.ts';
import { readMessageIds } from './messageIds.ts';
import { reportFiles, reportPart, type ReportedRecipient, type ReportParts } from './reportParts.ts';

type Mail = Pick<
  InboundEmail,
  'envelopeFrom' | 'headers' | 'inReplyTo' | 'references' | 'from' | 'subject' | 'text' | 'files'
>;

/** How many characters of the text are read. */
const TEXT_CHARS = 64 * 1024;

/**
 * Reads a bounce, a delay warning or a delivery receipt; null for all other mail. Only mail servers send
 * these: with a content type of their own (RFC 3462), or without an envelope sender. A person's mail that
 * quotes or attaches one has neither. Never throws.
 * @param parts null when they cannot be read. A report with a missing part names no original mail, because
 * the missing part   may name another one.
 */
export function readReport(mail: Mail, parts: ReportParts | null): DeliveryReport | null {
  const text = (mail.text ?? '').slice(0, TEXT_CHARS);
  const action = readsLikeDelay(mail.subject, text) ? 'delayed' : 'failed';
  const statusPart = readDeliveryStatus(parts?.status ? decodeBytes(parts.status) : '', action);
  const status = statusPart.recipients.length > 0 ? statusPart : readDeliveryStatus(text, action);
  const inText = recipientsInText(text, action);
  const returnedId = messageIdIn(parts?.original ?? null) ?? idOfReturnedMail(text);
  const hasOriginal =
    returnedId !== null || mail.files.some((file) => reportPart(file.contentType) === 'original');
  const hasContent = status.recipients.length > 0 || inText.length > 0 || hasOriginal;
  const rule = ruleOf(mail, hasContent && readsLikeBounce(mail.subject, text));
  if (rule === null) return null;
  return {
    rule,
    originalMessageId: isComplete(mail, parts)
      ? (returnedId ?? answeredId(mail) ?? statusPart.originalMessageId)
      : null,
    action: statusPart.action ?? action,
    recipients:
      status.recipients.length > 0 ? status.recipients : failedRecipients(mail.headers, inText, action),
  };
}

function isComplete({ files }: Mail, parts: ReportParts | null): boolean {
  if (!parts) return false;
  return [...reportFiles(files, (file) => file.contentType).keys()].every((part) => parts[part] !== null);
}

/** The Message-Id that the report's headers give as the mail to which it answers. */
function answeredId({ headers, inReplyTo, references }: Mail): string | null {
  const original = readMessageIds(firstHeader(headers, 'X-Original-Message-ID') ?? '');
  // The last reference: Exim copies the references of the original mail, and appends that mail's own id.
  return inReplyTo[0] ?? references.at(-1) ?? original[0] ?? null;
}

function ruleOf(mail: Mail, hasBounceText: boolean): string | null {
  const hasStatus = mail.files.some((file) => reportPart(file.contentType) === 'status');
  const type = firstHeader(mail.headers, 'Content-Type') ?? '';
  if (/^\s*multipart\/report\b/i.test(type)) {
    const reportType = /report-type\s{0,9}=\s{0,9}"?([\w-]{1,50})/i.exec(type)?.[1]?.toLowerCase();
    // Reports of other types are not about delivery: DMARC and TLS reports, read receipts.
    const isDelivery = reportType === 'delivery-status' || (reportType === undefined && hasStatus);
    return isDelivery ? 'multipart/report' : null;
  }
  if (!hasNoSender(mail.envelopeFrom)) return null;
  if (headerValues(mail.headers, 'X-Failed-Recipients').length > 0) return 'X-Failed-Recipients';
  if (!isMailServer(mail.from)) return null;
  if (hasStatus) return 'message/delivery-status';
  return hasBounceText ? 'text of a mail server' : null;
}

/** Reports have an empty envelope sender (RFC 5321 4.5.5). Null means empty or unknown. */
const hasNoSender = (envelope: string | null): boolean =>
  envelope === null || /^(?:mailer-daemon|postmaster)(?:@|$)/i.test(envelope);

function isMailServer(from: Address | null): boolean {
  return (
    from === null ||
    /^(?:mail(?:er)?[-_.]?daemon|postmaster|microsoftexchange[0-9a-f]{1,50})(?:@|$)/i.test(from.email)
  );
}

function messageIdIn(original: Buffer | null): string | null {
  if (!original) return null;
  // Some servers begin the part with an empty line.
  const start = original.findIndex((byte) => byte > 0x20);
  const { headers } = readHeaderBlock(original.subarray(Math.max(0, start)));
  return headerValues(headers, 'Message-Id').flatMap(readMessageIds)[0] ?? null;
}

/** Exim and Gmail list the recipients in a header (X-Failed-Recipients); the reasons are in the text. */
function failedRecipients(
  headers: Headers,
  inText: ReportedRecipient[],
  action: DeliveryReport['action'],
): ReportedRecipient[] {
  const listed = headerValues(headers, 'X-Failed-Recipients')
    .flatMap(parseAddressList)
    .map(({ email }) => normaliseAddress(email))
    .filter((address) => address !== null);
  if (listed.length === 0) return inText;
  return [...new Set(listed)].slice(0, 100).map((address) => {
    const withReason = inText.find(({ addresses }) => addresses.includes(address));
    return withReason ?? { addresses: [address], action, status: null, diagnostic: null };
  });
}
