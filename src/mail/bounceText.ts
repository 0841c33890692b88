import type { ReportedAction } from './inboundEmail.ts';
import { normaliseAddress } from './addresses.ts';
import { diagnosticOf } from './deliveryStatus.ts';
import { readMessageIds } from './messageIds.ts';
import type { ReportedRecipient } from './reportParts.ts';

const MAX_LINES = 2_000;
const LINE_CHARS = 1_000;
const MAX_RECIPIENTS = 100;

/** Where the returned mail begins: a line of dashes, or the mail's first header fields. */
const RETURNED = /^(?:-{3,}|(?:Return-Path|Received|Message-ID):)/i;
/** `<ann@x.test>: reason` (Postfix, qmail), or an address on a line of its own (Exim, Sendmail, Exchange). */
const RECIPIENT_LINE =
  /^[ \t]{0,8}(?:<([^\s<>]{1,400})>|([^\s<>:]{1,400}@[^\s<>:]{1,400})(?:<mailto:[^\s<>]*>)?)(?::(.*))?$/;

/**
 * The recipients in the text of a bounce that has no machine-readable fields, with the reasons. Never throws.
 */
export function recipientsInText(text: string, action: ReportedAction): ReportedRecipient[] {
  const reasons = new Map<string, string[]>();
  let reason: string[] | null = null;
  for (const line of linesOf(text)) {
    if (RETURNED.test(line)) break;
    const match = RECIPIENT_LINE.exec(line);
    const address = match && normaliseAddress(match[1] ?? match[2] ?? '');
    if (match && address && reasons.size < MAX_RECIPIENTS) {
      reason = reasons.get(address) ?? [];
      reasons.set(address, reason);
      reason.push(match[3] ?? '');
    } else if (line.trim() === '') reason = null;
    else reason?.push(line);
  }
  return [...reasons].map(([address, lines]) => ({
    addresses: [address],
    action,
    status: null,
    diagnostic: diagnosticOf(lines.join(' ')),
  }));
}

/** The Message-Id of the returned mail, if the text holds that mail or its header. */
export function idOfReturnedMail(text: string): string | null {
  for (const line of linesOf(text)) {
    const value = /^[>\s]{0,20}Message-ID:(.*)$/i.exec(line)?.[1];
    const [id] = value === undefined ? [] : readMessageIds(value);
    if (id) return id;
  }
  return null;
}

/** Whether the report says that the mail is delayed, but not given up. */
export function readsLikeDelay(subject: string, text: string): boolean {
  return (
    /\bdelay|\bwarning\b|verzöger|retard|遅延/i.test(subject) ||
    /(?:has not yet been|could not yet be) delivered|this is a warning message only/i.test(text)
  );
}

/** Whether the report uses a mail server's words for mail that did not arrive. */
export function readsLikeBounce(subject: string, text: string): boolean {
  const words =
    /undeliver|unzustellbar|not (?:yet )?be(?:en)? (?:delivered|sent)|wasn['’]t delivered|delivery (?:status|has failed|failure|report)|mail delivery|returned (?:mail|to sender)|failure notice|qmail-send|delivery (?:of|to) .{1,200} (?:failed|delayed)|message .{1,100} delayed|warning: could not send/i;
  return words.test(subject.slice(0, LINE_CHARS)) || words.test(text.slice(0, LINE_CHARS));
}

const linesOf = (text: string): string[] =>
  text.split(/\r?\n/, MAX_LINES).map((line) => line.slice(0, LINE_CHARS));
