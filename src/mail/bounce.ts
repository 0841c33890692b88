import type { DeliveryReport, InboundEmail } from './inboundEmail.ts';
import { normaliseAddress, parseAddressList, type Address } from './addresses.ts';
import { recipientsInText, returnedId, tellsOfBounce, tellsOfDelay } from './bounceText.ts';
import { decodeBytes } from './charset.ts';
import { readDeliveryStatus } from './deliveryStatus.ts';
import { firstHeader, headerValues, readHeaderBlock, type Headers } from './headers.ts';
import { readMessageIds } from './messageIds.ts';
import { reportFiles, reportPart, type ReportedRecipient, type ReportParts } from './reportParts.ts';

type Mail = Pick<
  InboundEmail,
  'envelopeFrom' | 'headers' | 'inReplyTo' | 'references' | 'from' | 'subject' | 'text' | 'files'
>;

/** Characters of the text that are read. */
const TEXT_CHARS = 64 * 1024;

/**
 * What a bounce, a delay warning or a delivery receipt says; null for all other mail. Only mail servers write
 * these: with a content type of their own (RFC 3462), or with an envelope without a sender. A person's mail
 * that quotes or attaches one has neither. Never throws.
 * @param parts null where they cannot be read. A report of which a part is missing names no mail: what it
 * says is not known.
 */
export function readReport(mail: Mail, parts: ReportParts | null): DeliveryReport | null {
  const text = (mail.text ?? '').slice(0, TEXT_CHARS);
  const action = tellsOfDelay(mail.subject, text) ? 'delayed' : 'failed';
  const inPart = readDeliveryStatus(parts?.status ? decodeBytes(parts.status) : '', action);
  const fields = inPart.recipients.length > 0 ? inPart : readDeliveryStatus(text, action);
  const named = recipientsInText(text, action);
  const returned = idIn(parts?.original ?? null) ?? returnedId(text);
  const hasCopy = returned !== null || mail.files.some((file) => reportPart(file.contentType) === 'original');
  const tells = fields.recipients.length > 0 || named.length > 0 || hasCopy;
  const rule = ruleOf(mail, tells && tellsOfBounce(mail.subject, text));
  if (rule === null) return null;
  return {
    rule,
    originalMessageId: isWhole(mail, parts) ? (returned ?? namedId(mail) ?? inPart.originalMessageId) : null,
    action: inPart.action ?? action,
    recipients:
      fields.recipients.length > 0 ? fields.recipients : failedRecipients(mail.headers, named, action),
  };
}

function isWhole({ files }: Mail, parts: ReportParts | null): boolean {
  if (!parts) return false;
  return [...reportFiles(files, (file) => file.contentType).keys()].every((part) => parts[part] !== null);
}

/** What the report says that it answers. */
function namedId({ headers, inReplyTo, references }: Mail): string | null {
  const original = readMessageIds(firstHeader(headers, 'X-Original-Message-ID') ?? '');
  // Newest last: Exim writes the forebears of the mail, then its own id.
  return inReplyTo[0] ?? references.at(-1) ?? original[0] ?? null;
}

function ruleOf(mail: Mail, readsLikeOne: boolean): string | null {
  const hasStatus = mail.files.some((file) => reportPart(file.contentType) === 'status');
  const type = firstHeader(mail.headers, 'Content-Type') ?? '';
  if (/^\s*multipart\/report\b/i.test(type)) {
    const of = /report-type\s{0,9}=\s{0,9}"?([\w-]{1,50})/i.exec(type)?.[1]?.toLowerCase();
    // Others tell of something else: DMARC and TLS reports, read receipts.
    return of === 'delivery-status' || (of === undefined && hasStatus) ? 'multipart/report' : null;
  }
  if (!hasNoSender(mail.envelopeFrom)) return null;
  if (headerValues(mail.headers, 'X-Failed-Recipients').length > 0) return 'X-Failed-Recipients';
  if (!isMailServer(mail.from)) return null;
  if (hasStatus) return 'message/delivery-status';
  return readsLikeOne ? 'text of a mail server' : null;
}

/** RFC 5321 4.5.5: reports have an empty envelope sender; null is also one that is not known. */
const hasNoSender = (envelope: string | null): boolean =>
  envelope === null || /^(?:mailer-daemon|postmaster)(?:@|$)/i.test(envelope);

function isMailServer(from: Address | null): boolean {
  return (
    from === null ||
    /^(?:mail(?:er)?[-_.]?daemon|postmaster|microsoftexchange[0-9a-f]{1,50})(?:@|$)/i.test(from.email)
  );
}

function idIn(original: Buffer | null): string | null {
  if (!original) return null;
  // Some begin the part with an empty line.
  const start = original.findIndex((byte) => byte > 0x20);
  const { headers } = readHeaderBlock(original.subarray(Math.max(0, start)));
  return headerValues(headers, 'Message-Id').flatMap(readMessageIds)[0] ?? null;
}

/** Exim and Gmail list them in a header (X-Failed-Recipients); the text says why. */
function failedRecipients(
  headers: Headers,
  named: ReportedRecipient[],
  action: DeliveryReport['action'],
): ReportedRecipient[] {
  const listed = headerValues(headers, 'X-Failed-Recipients')
    .flatMap(parseAddressList)
    .map(({ email }) => normaliseAddress(email))
    .filter((address) => address !== null);
  if (listed.length === 0) return named;
  return [...new Set(listed)].slice(0, 100).map((address) => {
    const inText = named.find(({ addresses }) => addresses.includes(address));
    return inText ?? { addresses: [address], action, status: null, diagnostic: null };
  });
}
