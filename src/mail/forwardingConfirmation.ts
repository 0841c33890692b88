import type { Verdicts } from './inboundEmail.ts';
import { normaliseAddress, parseAddressList, type Address } from './addresses.ts';
import { CONFIRMING_PROVIDERS, mentionsForwarding, type ConfirmingProvider } from './confirmingProviders.ts';
import { headerValues, type Headers } from './headers.ts';
import { textFromHtml } from './htmlText.ts';

/** A mail host's request that a new forwarding address confirm the forwarding. */
export interface ForwardingConfirmation {
  provider: 'gmail' | 'outlook' | 'zoho';
  /** Normalised: the mailbox that will be forwarded; null if the mail does not say. */
  mailbox: string | null;
  /** A code that a person enters at the mail host. */
  code: string | null;
  /** An https link to the mail host. A person must open it, because opening it confirms the forwarding. */
  link: string | null;
}

/** The parts of a mail that are read here. */
export interface MailToConfirm {
  from: Address | null;
  subject: string;
  text: string;
  html: string | null;
  headers: Headers;
  verdicts: Verdicts;
}

/** Such mails are short: no more than these characters are read. */
const MAX_TEXT = 100_000;
const MAX_HTML = 500_000;

/**
 * Recognises the mail with which Gmail, Outlook or Zoho asks a new forwarding address for confirmation, in
 * any language. Anybody can imitate such a mail, so it counts only if it comes from an address that only the
 * mail host can use and no verdict speaks against it, and only a link to the mail host's own pages is
 * extracted. The caller must check that the mail is addressed to the forwarding address itself, because the
 * same mail host writes to its customers too. Never throws.
 * @returns null for every other mail.
 */
export function readConfirmation(mail: MailToConfirm): ForwardingConfirmation | null {
  const sender = mail.from ? normaliseAddress(mail.from.email) : null;
  const provider = CONFIRMING_PROVIDERS.find(({ isSender }) => sender !== null && isSender(sender));
  if (!provider || sender === null || !isGenuine(mail, sender)) return null;

  const html = mail.html?.slice(0, MAX_HTML) ?? '';
  const written = mail.text.trim() ? mail.text : textFromHtml(html);
  const text = written.slice(0, MAX_TEXT);
  const link = findLink(provider, [...linksInHtml(html), ...linksInText(text)]);
  if (!provider.onlyConfirms && !mentionsForwarding(`${mail.subject}\n${text}\n${link ?? ''}`)) return null;
  const code = findCode(mail.subject, text, provider.code);
  if (code === null && link === null) return null;
  return { provider: provider.provider, mailbox: findMailbox(mail, text, sender), code, link };
}

/** Exactly one author, no failed verdict, and, if the mail is signed, a signature of the author's domain. */
function isGenuine({ headers, verdicts }: MailToConfirm, sender: string): boolean {
  if (verdicts.spf === 'fail' || verdicts.dkim === 'fail') return false;
  const authors = headerValues(headers, 'From').flatMap(parseAddressList);
  if (authors.length > 1 || headerValues(headers, 'From').length > 1) return false;
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  const signers = headerValues(headers, 'DKIM-Signature').map(
    (value) => /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(value)?.[1]?.toLowerCase() ?? '',
  );
  // DKIM passes for any signer, so the signer must be aligned with the author (RFC 7489 3.1.1, relaxed).
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
 * In languages without spaces, text follows a link directly; the punctuation around a link is not part of it.
 */
const linksInText = (text: string): string[] =>
  [...text.matchAll(/https:\/\/[!-~]{1,2000}/gi)].map(([link]) =>
    link.replace(/[<>"'`].*$/, '').replace(/[.,;:!?)\]}*_]+$/, ''),
  );

/** The code: in the subject as `(#123456789)`, else after a colon, else alone on its line. */
function findCode(subject: string, text: string, { source: code }: RegExp): string | null {
  const inSubject = new RegExp(`[(（[]#(${code})[)）\\]]`).exec(subject)?.[1];
  if (inSubject !== undefined) return inSubject;
  const lines = text
    .split('\n')
    .map((line) => line.replace(/https?:\/\/[!-~]+|[\w.%+-]{1,64}@[\w.-]{1,255}/gi, ' '));
  const shapes = [`[:：][\\s*]*(${code})(?=[\\s*.,。)）]|$)`, `^[\\s*]*(${code})[\\s*]*$`];
  for (const shape of shapes.map((source) => new RegExp(source))) {
    const match = lines.map((line) => shape.exec(line)?.[1]).find((group) => group !== undefined);
    if (match !== undefined) return match;
  }
  return null;
}

/**
 * The first address in the subject, else in the text, that is neither a recipient of the mail nor the mail
 * host's own.
 */
function findMailbox({ headers, subject }: MailToConfirm, text: string, sender: string): string | null {
  const others = ['To', 'Cc', 'Delivered-To', 'X-Original-To'].flatMap((name) =>
    headerValues(headers, name).flatMap(parseAddressList),
  );
  const excluded = new Set([sender, ...others.map(({ email }) => normaliseAddress(email))]);
  // Not after an asterisk: `ik**2@outlook.com` is masked.
  const candidates = `${subject}\n${text}`.matchAll(
    /(?<![\w.%+*-])[\w.%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi,
  );
  for (const [candidate] of candidates) {
    const address = normaliseAddress(candidate.replace(/[.-]+$/, ''));
    if (address !== null && !excluded.has(address)) return address;
  }
  return null;
}
