import type { ReportedAction } from './inboundEmail.ts';
import { normaliseAddress, parseAddressList } from './addresses.ts';
import { firstHeader, unfold, type Headers } from './headers.ts';
import { readMessageIds } from './messageIds.ts';
import type { ReportedRecipient } from './reportParts.ts';

/** How many groups of fields are read; each recipient has one. */
const MAX_GROUPS = 200;
const DIAGNOSTIC_CHARS = 300;

export interface DeliveryStatus {
  recipients: ReportedRecipient[];
  /** The first known action, also one of a recipient whose address cannot be read. */
  action: ReportedAction | null;
  /** Gmail's field about the mail. */
  originalMessageId: string | null;
}

/**
 * Reads the fields of a delivery report: one group about the mail, then one per recipient (RFC 3464 2). They
 * may also be embedded in other text. Never throws.
 * @param fallback the action of a group that has no known one.
 */
export function readDeliveryStatus(text: string, fallback: ReportedAction): DeliveryStatus {
  const groups = text
    .split(/\r?\n(?:[ \t]*\r?\n)+/, MAX_GROUPS)
    .map(fieldsOf)
    .filter((fields) => fields.length > 0);
  const recipients = groups.flatMap((fields) => recipientOf(fields, fallback) ?? []);
  const ids = groups.flatMap((fields) => readMessageIds(firstHeader(fields, 'X-Original-Message-ID') ?? ''));
  const actions = groups.flatMap((fields) => actionOf(firstHeader(fields, 'Action') ?? '', null) ?? []);
  return { recipients, action: actions[0] ?? null, originalMessageId: ids[0] ?? null };
}

function fieldsOf(group: string): Headers {
  return group
    .split(/\r?\n(?![ \t])/, MAX_GROUPS)
    .map((line) => /^([!-9;-~]{1,80}):(.*)$/s.exec(line))
    .flatMap((match): Headers => (match ? [[match[1]!, unfold(match[2]!)]] : []));
}

function recipientOf(fields: Headers, fallback: ReportedAction): ReportedRecipient | null {
  const value = (name: string) => firstHeader(fields, name) ?? '';
  const addresses = ['Original-Recipient', 'Final-Recipient'].flatMap((name) => addressesIn(value(name)));
  const status = /^\s*([245]\.\d{1,3}\.\d{1,3})/.exec(value('Status'))?.[1] ?? null;
  if (addresses.length === 0 || (value('Action') === '' && status === null)) return null;
  return {
    addresses: [...new Set(addresses)],
    action: actionOf(value('Action'), status) ?? fallback,
    status,
    diagnostic: diagnosticOf(withoutType(value('Diagnostic-Code'))),
  };
}

/**
 * `rfc822; ann@x.test`. Some servers omit the type, or do not decode the xtext of RFC 3461 4 (`+2B` for `+`).
 */
function addressesIn(value: string): string[] {
  const written = parseAddressList(withoutType(value).slice(0, 1_000))[0]?.email ?? '';
  const decoded = written.replace(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return [written, decoded].map(normaliseAddress).filter((address) => address !== null);
}

const withoutType = (value: string): string => value.replace(/^\s*[\w-]{1,20}\s*;\s*/, '');

/**
 * RFC 3464 2.3.3. `relayed` and `expanded` count as delivered: the other side has accepted the mail, and no
 * report follows.
 */
function actionOf(written: string, status: string | null): ReportedAction | null {
  const word = /^\s*([a-z]{1,20})/i.exec(written)?.[1]?.toLowerCase() ?? '';
  if (word.startsWith('fail')) return 'failed';
  if (word === 'delayed') return 'delayed';
  if (['delivered', 'relayed', 'expanded'].includes(word)) return 'delivered';
  return status === null ? null : status.startsWith('5') ? 'failed' : null;
}

/** A server's answer as one line; null when it is empty. */
export function diagnosticOf(answer: string): string | null {
  const line = answer
    .slice(0, DIAGNOSTIC_CHARS * 4)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line === '' ? null : Array.from(line).slice(0, DIAGNOSTIC_CHARS).join('');
}
