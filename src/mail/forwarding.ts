import type { StoredMail } from './storedMail.ts';
import { normaliseAddress, parseAddressList, type Address } from './addresses.ts';
import { authenticationOf } from './authentication.ts';
import { isFormSender } from './formSenders.ts';
import { firstHeader, headerValues, type Headers } from './headers.ts';

/** Headers in which forwarders record the address that a copy was for, nearest hop first. */
const TRACE_HEADERS = ['Delivered-To', 'X-Original-To', 'X-Forwarded-To', 'X-Forwarded-For'];
const MAX_TRACED = 100;

/** Normalised addresses to which this copy was delivered before it reached us, each once. */
export function traceAddresses(headers: Headers): string[] {
  const written = TRACE_HEADERS.flatMap((name) => headerValues(headers, name)).flatMap((v) =>
    v.split(/[\s,;<>]+/),
  );
  const traced = written.map(normaliseAddress).filter((address) => address !== null);
  return [...new Set(traced)].slice(0, MAX_TRACED);
}

export interface OriginalSender {
  sender: Address;
  /** False if only the mail's own text names the sender, or its verdict is `fail`. */
  proved: boolean;
  /** Why the sender is not simply From; null if it is. */
  rule: 'rewritten' | 'via' | 'reply_to' | 'form' | 'no_from' | null;
}

type Mail = Pick<StoredMail, 'headers' | 'from' | 'reply_to' | 'envelope_from' | 'verdicts'>;

/**
 * Who wrote a mail: the address in From (never the envelope), unless a mail host or list replaced it by our
 * address or its own. Only then a header that names the original sender (X-Original-From …) is believed,
 * because anybody can write such a header into a mail of their own. If a list of somebody else replaced From,
 * the original sender is shown but not proved: SPF and DKIM authenticate only the list. A form service that the
 * address lists is believed too, if the mail is proved to be its own.
 * @param formSenders domains of form services that the receiving address lists
 */
export function originalSender(
  mail: Mail,
  isOurs: (normalised: string) => boolean,
  formSenders: readonly string[] = [],
): OriginalSender {
  const { verdict } = authenticationOf(mail);
  const proved = verdict !== 'fail';
  const { from } = mail;
  if (!from) return { sender: { email: mail.envelope_from ?? '', name: '' }, proved: false, rule: 'no_from' };
  const address = normaliseAddress(from.email);
  const ours = address !== null && isOurs(address);
  const byList = address !== null && listAddresses(mail.headers).includes(address);
  const others = mail.reply_to.filter(({ email }) => isSomebodyElse(email, address, isOurs));
  if (verdict === 'pass' && others[0] && isFormSender(from.email, formSenders))
    return { sender: others[0], proved, rule: 'form' };
  if (!ours && !byList) return { sender: from, proved, rule: null };

  const original = namedOriginal(mail.headers, address);
  if (original) return { sender: withName(original, from), proved: proved && ours, rule: 'rewritten' };
  if (byList && others.length === 1 && viaName(from) !== null) {
    return { sender: withName(others[0]!, from), proved: proved && ours, rule: 'via' };
  }
  if (ours && others[0]) return { sender: others[0], proved: false, rule: 'reply_to' };
  return { sender: from, proved, rule: null };
}

function isSomebodyElse(
  email: string,
  from: string | null,
  isOurs: (normalised: string) => boolean,
): boolean {
  const address = normaliseAddress(email);
  return address !== null && address !== from && !isOurs(address);
}

/** Google Groups, Sympa and others put the author here; if several values differ, none counts. */
function namedOriginal(headers: Headers, rewritten: string): Address | null {
  for (const name of ['X-Original-From', 'X-Original-Sender']) {
    const authors = headerValues(headers, name).flatMap(parseAddressList);
    const addresses = new Set(authors.map(({ email }) => normaliseAddress(email)));
    const [author] = authors;
    if (author && addresses.size === 1 && !addresses.has(null) && !addresses.has(rewritten)) return author;
  }
  return null;
}

/** The list's own addresses, from its headers (RFC 2369, RFC 2919, Mailman, Google Groups). */
function listAddresses(headers: Headers): string[] {
  const mailto = /^\s*<?mailto:([^?>\s]+)/i.exec(firstHeader(headers, 'List-Post') ?? '')?.[1];
  const google = /^\s*list\s+([^\s;]+)/i.exec(firstHeader(headers, 'Mailing-list') ?? '')?.[1];
  const id = /<([^<>.\s]+)\.([^<>\s]+)>\s*$/.exec((firstHeader(headers, 'List-Id') ?? '').slice(-1_000));
  const written = [mailto, google, firstHeader(headers, 'X-BeenThere'), id && `${id[1]}@${id[2]}`];
  return written
    .map((address) => (address ? normaliseAddress(address) : null))
    .filter((address) => address !== null);
}

/** `'Ann Lee' via Support` -> `Ann Lee`. */
function viaName({ name }: Address): string | null {
  const at = name.toLowerCase().lastIndexOf(' via ');
  return at < 1 ? null : name.slice(0, at).replace(/^['"\s]+|(?<!['"\s])['"\s]+$/g, '');
}

function withName(original: Address, from: Address): Address {
  return original.name === '' ? { ...original, name: viaName(from) ?? '' } : original;
}
