import type { ReportedAction } from './inboundEmail.ts';
import { normaliseAddress } from './addresses.ts';
import { diagnosticOf } from './deliveryStatus.ts';
import { readMessageIds } from './messageIds.ts';
import type { ReportedRecipient } from './reportParts.ts';

const MAX_LINES = 2_000;
const LINE_CHARS = 1_000;
const MAX_RECIPIENTS = 100;

/** Where the words end and the returned mail begins: a rule of dashes, or its first header fields. */
const RETURNED = /^(?:-{3,}|(?:Return-Path|Received|Message-ID):)/i;
/** `<ann@x.test>: reason` (Postfix, qmail), or an address on a line of its own (Exim, Sendmail, Exchange). */
const NAMED =
  /^[ \t]{0,8}(?:<([^\s<>]{1,400})>|([^\s<>:]{1,400}@[^\s<>:]{1,400})(?:<mailto:[^\s<>]*>)?)(?::(.*))?$/;

/** Whom the text of a bounce without fields names, and why. Never throws. */
export function recipientsInText(text: string, action: ReportedAction): ReportedRecipient[] {
  const found = new Map<string, string[]>();
  let said: string[] | null = null;
  for (const line of linesOf(text)) {
    if (RETURNED.test(line)) break;
    const named = NAMED.exec(line);
    const address = named && normaliseAddress(named[1] ?? named[2] ?? '');
    if (named && address && found.size < MAX_RECIPIENTS) {
      said = found.get(address) ?? [];
      found.set(address, said);
      said.push(named[3] ?? '');
    } else if (line.trim() === '') said = null;
    else said?.push(line);
  }
  return [...found].map(([address, lines]) => ({
    addresses: [address],
    action,
    status: null,
    diagnostic: diagnosticOf(lines.join(' ')),
  }));
}

/** The Message-Id of the mail of which the text holds a copy, or its header. */
export function returnedId(text: string): string | null {
  for (const line of linesOf(text)) {
    const value = /^[>\s]{0,20}Message-ID:(.*)$/i.exec(line)?.[1];
    const [id] = value === undefined ? [] : readMessageIds(value);
    if (id) return id;
  }
  return null;
}

/** Says that the mail is still under way. */
export function tellsOfDelay(subject: string, text: string): boolean {
  return (
    /\bdelay|\bwarning\b|verzöger|retard|遅延/i.test(subject) ||
    /(?:has not yet been|could not yet be) delivered|this is a warning message only/i.test(text)
  );
}

/** Mail servers' words for mail that did not arrive. */
export function tellsOfBounce(subject: string, text: string): boolean {
  const words =
    /undeliver|unzustellbar|not (?:yet )?be(?:en)? (?:delivered|sent)|wasn['’]t delivered|delivery (?:status|has failed|failure|report)|mail delivery|returned (?:mail|to sender)|failure notice|qmail-send|delivery (?:of|to) .{1,200} (?:failed|delayed)|message .{1,100} delayed|warning: could not send/i;
  return words.test(subject.slice(0, LINE_CHARS)) || words.test(text.slice(0, LINE_CHARS));
}

const linesOf = (text: string): string[] =>
  text.split(/\r?\n/, MAX_LINES).map((line) => line.slice(0, LINE_CHARS));
