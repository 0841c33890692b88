import { hashOf } from '../lib/ids.ts';
import { normaliseAddress } from './addresses.ts';
import type { MailVerdict } from './authentication.ts';

/** The parts of a mail that its copies have in common, even if they came by different routes. */
export interface Comparable {
  subject: string;
  text: string;
  /** Sanitised. If a mail has no text part, providers make a text from the HTML, each in its own way. */
  html?: string | null;
  /** Date header. */
  date: Date | null;
  /** Normalised original From. */
  sender: string;
  files: { filename: string; size: number | null }[];
}

/** How many letters and digits of the shorter text are compared. */
const COMPARED_CHARS = 2_000;
/** A text with fewer letters and digits says too little for a decision. */
const MEANINGFUL_CHARS = 20;
/** How many characters of a text are read: enough for a forwarder's banner before the text. */
const READ_CHARS = 100_000;

/**
 * Whether two mails with the same Message-Id and Date are copies of one mail, which came by another route, in
 * another form, or through a forwarder that added a banner or a word to the subject. In case of doubt they
 * are two mails: a duplicate is better than a lost mail.
 */
export function isSameMail(a: Comparable, b: Comparable): boolean {
  if (!oneContainsOther(...lettersOfBoth(a.subject, b.subject))) return false;
  const texts = lettersOfBoth(a.text, b.text);
  const htmls = lettersOfBoth(shownText(a.html), shownText(b.html));
  const isSameHtml = areMeaningful(htmls) && oneContainsOther(...htmls);
  if (!isSameHtml && !oneContainsOther(...texts)) return false;
  const isCertain = (isSameHtml || areMeaningful(texts)) && a.date !== null && b.date !== null;
  return isCertain || (a.sender === b.sender && fileList(a) === fileList(b));
}

/** A mail of which another one may be a copy. */
export interface Judged extends Comparable {
  /** About the original sender: `fail` also where nothing but the mail itself names them. */
  verdict: MailVerdict;
}

/**
 * Whether a later mail may be kept as a copy of a stored one, and so is shown nowhere. Anybody who has a mail can send
 * a forged copy of it, which may come first. So the stored one has the same sender, proved as well or better, and
 * lacks nothing that the later one has. What may differ is what forwarders add around it.
 */
export function isCopyOf(stored: Judged, later: Judged): boolean {
  const [rank, laterRank] = [rankOf(stored), rankOf(later)];
  if (!isSameMail(stored, later) || !isSameSender(stored, later) || rank < laterRank) return false;
  if (!hasFilesOf(stored, later) || !hasHtmlOf(stored, later)) return false;
  // Forwarders rewrite links too. Where the stored mail is not proved better, its links may be the forger's.
  const known = new Set(addressesIn(stored.html));
  return rank > laterRank || addressesIn(later.html).every((url) => known.has(url));
}

const RANKS: Record<MailVerdict, number> = { fail: 0, none: 1, pass: 2 };
const rankOf = ({ verdict }: Judged): number => RANKS[verdict];

const isSameSender = (a: Judged, b: Judged): boolean =>
  (normaliseAddress(a.sender) ?? a.sender) === (normaliseAddress(b.sender) ?? b.sender);

/** Each file of the later mail is in the stored one; a provider does not always say how large one is. */
function hasFilesOf(stored: Judged, later: Judged): boolean {
  const left = [...stored.files];
  return later.files.every(({ filename, size }) => {
    const at = left.findIndex(
      (file) => file.filename === filename && (file.size === size || file.size === null || size === null),
    );
    return at >= 0 && left.splice(at, 1).length === 1;
  });
}

/** Of HTML that shows too little text, nothing says what it shows: then it must be the same. */
function hasHtmlOf({ html: stored = null }: Judged, { html: later = null }: Judged): boolean {
  if (later === null || stored === later) return true;
  if (stored === null) return false;
  const shown = lettersOfBoth(shownText(stored), shownText(later));
  return areMeaningful(shown) && oneContainsOther(...shown);
}

/** Where the links and images of sanitised HTML lead. */
function addressesIn(html: string | null | undefined): string[] {
  const links = (html ?? '').slice(0, 10 * READ_CHARS).matchAll(/\s(?:href|src|data-src)="([^"]*)"/g);
  return [...new Set([...links].map(([, url]) => url!))];
}

/**
 * A short text about a mail. Two mails with the same fingerprint are the same mail for `isSameMail`; with
 * different ones they may be, since another route can change a mail a little.
 */
export function fingerprintOf(mail: Comparable): string {
  const beginning = letters(mail.text).slice(0, COMPARED_CHARS);
  return hashOf('mail', mail.sender, letters(mail.subject), beginning, fileList(mail));
}

function areMeaningful(texts: string[]): boolean {
  return texts.every((text) => text.length >= MEANINGFUL_CHARS);
}

/** The text of sanitised HTML without its tags; no attribute value of it contains a bare `>`. */
function shownText(html: string | null | undefined): string {
  return (html ?? '').slice(0, 10 * READ_CHARS).replace(/<[^<>]*>/g, '');
}

function oneContainsOther(a: string, b: string): boolean {
  return a.includes(b.slice(0, COMPARED_CHARS)) || b.includes(a.slice(0, COMPARED_CHARS));
}

/**
 * The letters and digits at the beginning of a text, in any script, in lower case (some texts made from HTML
 * have headings in capitals).
 */
export function letters(text: string): string {
  return text
    .slice(0, READ_CHARS)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** If one of the two was decoded with a wrong charset, only ASCII letters and digits count. */
function lettersOfBoth(...texts: [string, string]): [string, string] {
  const [a, b] = texts.map(letters) as [string, string];
  if (!texts.some((text) => text.includes('\uFFFD'))) return [a, b];
  return [a.replace(/[^a-z0-9]/g, ''), b.replace(/[^a-z0-9]/g, '')];
}

function fileList({ files }: Comparable): string {
  return JSON.stringify(files.map(({ filename, size }) => JSON.stringify([filename, size])).sort());
}
