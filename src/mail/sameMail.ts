/** What two copies of one mail have in common, whatever way they came. */
export interface Comparable {
  subject: string;
  text: string;
  /** Sanitised. Where a mail has no text of its own, each provider makes one from the HTML in its own way. */
  html?: string | null;
  /** Date header. */
  date: Date | null;
  /** Normalised original From. */
  sender: string;
  files: { filename: string; size: number | null }[];
}

/** Letters and digits by which texts are compared. */
const COMPARED = 2_000;
/** Below this a text says too little for the decision. */
const MEANINGFUL = 20;
/** Characters looked at: room for a forwarder's banner before the text. */
const READ = 100_000;

/**
 * Whether two mails with the same Message-Id and Date are one that came twice (another route, form, or a
 * forwarder that added a banner or a word to the subject). In doubt they are two: a copy too many is better
 * than a mail lost.
 */
export function isSameMail(a: Comparable, b: Comparable): boolean {
  if (!contains(...lettersOfBoth(a.subject, b.subject))) return false;
  const texts = lettersOfBoth(a.text, b.text);
  const htmls = lettersOfBoth(shown(a.html), shown(b.html));
  const sameHtml = sayEnough(htmls) && contains(...htmls);
  if (!sameHtml && !contains(...texts)) return false;
  const sure = (sameHtml || sayEnough(texts)) && a.date !== null && b.date !== null;
  return sure || (a.sender === b.sender && files(a) === files(b));
}

function sayEnough(texts: string[]): boolean {
  return texts.every((text) => text.length >= MEANINGFUL);
}

/** What sanitised HTML shows: no attribute of it holds a bare `>`. */
function shown(html: string | null | undefined): string {
  return (html ?? '').slice(0, 10 * READ).replace(/<[^<>]*>/g, '');
}

function contains(a: string, b: string): boolean {
  return a.includes(b.slice(0, COMPARED)) || b.includes(a.slice(0, COMPARED));
}

/**
 * The letters and digits of the beginning of a text, in any script and without case (headings are capitals in
 * derived text).
 */
export function letters(text: string): string {
  return text
    .slice(0, READ)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Where one of the two was read in a wrong charset, only what no charset changes counts. */
function lettersOfBoth(...texts: [string, string]): [string, string] {
  const [a, b] = texts.map(letters) as [string, string];
  if (!texts.some((text) => text.includes('\uFFFD'))) return [a, b];
  return [a.replace(/[^a-z0-9]/g, ''), b.replace(/[^a-z0-9]/g, '')];
}

function files({ files }: Comparable): string {
  return JSON.stringify(files.map(({ filename, size }) => JSON.stringify([filename, size])).sort());
}
