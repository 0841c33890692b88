import type { Verdicts } from './inboundEmail.ts';
import { normaliseAddress, parseAddressList, type Address } from './addresses.ts';
import { CONFIRMING_PROVIDERS, speaksOfForwarding, type ConfirmingProvider } from './confirmingProviders.ts';
import { headerValues, type Headers } from './headers.ts';
import { textFromHtml } from './htmlText.ts';

/** What a mail host asks of a new forwarding address before it forwards there. */
export interface ForwardingConfirmation {
  provider: 'gmail' | 'outlook' | 'zoho';
  /** Normalised: the mailbox that is to be forwarded; null where the mail does not say. */
  mailbox: string | null;
  /** To be typed in at the mail host. */
  code: string | null;
  /** https, on the mail host's own host. A person opens it: opening is confirming. */
  link: string | null;
}

/** Of a mail as it is parsed or stored. */
export interface MailToConfirm {
  from: Address | null;
  subject: string;
  text: string;
  html: string | null;
  headers: Headers;
  verdicts: Verdicts;
}

/** Such a mail is short; what stands behind this much is not looked at (characters). */
const MAX_TEXT = 100_000;
const MAX_HTML = 500_000;

/**
 * Recognises the mail in which Gmail, Outlook or Zoho ask a new forwarding address for confirmation, in any
 * language. Anybody can write one: it counts only from an address that is the mail host's alone, with no
 * verdict against it, and only a link to the mail host's own pages is taken out. The caller has to see that
 * it is addressed to the forwarding address itself: the same mail host writes to its customers too. Never
 * throws. @returns null for every other mail.
 */
export function readConfirmation(mail: MailToConfirm): ForwardingConfirmation | null {
  const sender = mail.from ? normaliseAddress(mail.from.email) : null;
  const known = CONFIRMING_PROVIDERS.find(({ isSender }) => sender !== null && isSender(sender));
  if (!known || sender === null || !isGenuine(mail, sender)) return null;

  const html = mail.html?.slice(0, MAX_HTML) ?? '';
  const written = mail.text.trim() ? mail.text : textFromHtml(html);
  const text = written.slice(0, MAX_TEXT);
  const link = findLink(known, [...linksInHtml(html), ...linksInText(text)]);
  if (!known.onlyConfirms && !speaksOfForwarding(`${mail.subject}\n${text}\n${link ?? ''}`)) return null;
  const code = findCode(mail.subject, text, known.code);
  if (code === null && link === null) return null;
  return { provider: known.provider, mailbox: findMailbox(mail, text, sender), code, link };
}

/**
 * One author; nothing that failed; and where it is signed, the author's domain is among those that signed.
 */
function isGenuine({ headers, verdicts }: MailToConfirm, sender: string): boolean {
  if (verdicts.spf === 'fail' || verdicts.dkim === 'fail') return false;
  const authors = headerValues(headers, 'From').flatMap(parseAddressList);
  if (authors.length > 1 || headerValues(headers, 'From').length > 1) return false;
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  const signers = headerValues(headers, 'DKIM-Signature').map(
    (value) => /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(value)?.[1]?.toLowerCase() ?? '',
  );
  // A pass is of whoever signed: without this, of anybody (RFC 7489 3.1.1, relaxed).
  return (
    signers.length === 0 || signers.some((signer) => isWithin(domain, signer) || isWithin(signer, domain))
  );
}

const isWithin = (domain: string, parent: string): boolean =>
  parent.includes('.') && (domain === parent || domain.endsWith(`.${parent}`));

function findLink({ isLink }: ConfirmingProvider, links: string[]): string | null {
  for (const link of links) {
    if (!URL.canParse(link)) continue;
    const url = new URL(link);
    const isPlain =
      url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
    if (isPlain && isLink(url)) return url.href;
  }
  return null;
}

const linksInHtml = (html: string): string[] =>
  [...html.matchAll(/\bhref\s*=\s*["']\s*([^"'<>\s]{1,2000})\s*["']/gi)].map(([, href]) =>
    href!.replace(/&(?:amp|#38|#x26);/gi, '&'),
  );

/**
 * Text goes on right behind a link in languages without spaces; what stands around one in a sentence is not
 * part of it.
 */
const linksInText = (text: string): string[] =>
  [...text.matchAll(/https:\/\/[!-~]{1,2000}/gi)].map(([link]) =>
    link.replace(/[<>"'`].*$/, '').replace(/[.,;:!?)\]}*_]+$/, ''),
  );

/** In the subject as `(#123456789)`; else behind a colon, or alone on its line. */
function findCode(subject: string, text: string, { source }: RegExp): string | null {
  const inSubject = new RegExp(`[(（[]#(${source})[)）\\]]`).exec(subject)?.[1];
  if (inSubject !== undefined) return inSubject;
  const lines = text
    .split('\n')
    .map((line) => line.replace(/https?:\/\/[!-~]+|[\w.%+-]{1,64}@[\w.-]{1,255}/gi, ' '));
  const shapes = [`[:：][\\s*]*(${source})(?=[\\s*.,。)）]|$)`, `^[\\s*]*(${source})[\\s*]*$`];
  for (const shape of shapes.map((one) => new RegExp(one))) {
    const found = lines.map((line) => shape.exec(line)?.[1]).find((code) => code !== undefined);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * The first address in the subject, else in the text, that is neither whom the mail is for nor the mail
 * host's own.
 */
function findMailbox({ headers, subject }: MailToConfirm, text: string, sender: string): string | null {
  const others = ['To', 'Cc', 'Delivered-To', 'X-Original-To'].flatMap((name) =>
    headerValues(headers, name).flatMap(parseAddressList),
  );
  const not = new Set([sender, ...others.map(({ email }) => normaliseAddress(email))]);
  // Not behind an asterisk: `ik**2@outlook.com` is masked.
  const named = `${subject}\n${text}`.matchAll(
    /(?<![\w.%+*-])[\w.%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi,
  );
  for (const [written] of named) {
    const address = normaliseAddress(written.replace(/[.-]+$/, ''));
    if (address !== null && !not.has(address)) return address;
  }
  return null;
}
