/**
 * What an element is in a reply, told from the class, id or style that the sender's mail program gave it:
 * `true`: a quoted mail; `line`: the line that introduces one ("On … Ann wrote:"); `rest`: a quoted mail
 * begins here and goes to the end.
 */
export type QuoteMark = 'true' | 'line' | 'rest';
const MARKS = new Set<string>(['true', 'line', 'rest'] satisfies QuoteMark[]);

/** Yahoo writes its own prefix before the class, such as `ydp1a2b3c4yahoo_quoted`. */
const QUOTE = /(?:yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra)/;
/** Gmail, Thunderbird. */
const LINE = new Set(['gmail_attr', 'moz-cite-prefix']);
/** Outlook on the web, Outlook for phones, Outlook for Mac, Hotmail. */
const REST = new Set([
  'divrplyfwdmsg',
  'appendonsend',
  'mail-editor-reference-message-container',
  'ms-outlook-mobile-reference-message',
  'olk_src_body_section',
  'stopspelling',
]);
/** Outlook for Windows draws a line above the header of the quoted mail, in one of two colours. */
const OUTLOOK_LINE = /border-top:solid#(?:e1e1e1|b5c4df)1\.0pt/;

/** Gmail, Thunderbird, Outlook, Apple Mail, Proton, Zoho. */
const SIGNATURE = new Set([
  'gmail_signature',
  'gmail_signature_prefix',
  'moz-signature',
  'signature',
  'ms-outlook-mobile-signature',
  'applemailsignature',
  'protonmail_signature_block',
  'zmail_signature',
]);
/** Names that only count as an id: as classes, newsletters use them for anything. */
const ID_ONLY = new Set(['signature']);

/**
 * The attributes that mark a quote or a signature in sanitised HTML. Sanitising removes classes and ids, so
 * this has to be decided before. An element that is marked already keeps its mark.
 * @param written of the element as its sender wrote it; may have inherited names only as own properties
 */
export function marksOf(tag: string, written: Record<string, string>): Record<string, string> {
  const read = (name: string) => (Object.hasOwn(written, name) ? written[name]! : '');
  const id = read('id').trim().toLowerCase();
  const classes = read('class').toLowerCase().split(/\s+/, 20).filter(Boolean);
  const has = (names: Set<string>) =>
    names.has(id) || classes.some((name) => names.has(name) && !ID_ONLY.has(name));

  const given = read('data-quote');
  const quote: QuoteMark | null = MARKS.has(given)
    ? (given as QuoteMark)
    : isQuote(tag, id, classes, read('type'))
      ? 'true'
      : has(LINE)
        ? 'line'
        : has(REST) || (tag === 'div' && isOutlookLine(read('style')))
          ? 'rest'
          : null;
  const isSignature = read('data-signature') === 'true' || has(SIGNATURE);
  return { ...(quote && { 'data-quote': quote }), ...(isSignature && { 'data-signature': 'true' }) };
}

function isQuote(tag: string, id: string, classes: string[], type: string): boolean {
  // Gmail's `div.gmail_quote` also holds answers that are written between the lines.
  if (tag === 'blockquote' && (type.toLowerCase() === 'cite' || classes.includes('gmail_quote'))) return true;
  return QUOTE.test(id) || classes.some((name) => QUOTE.test(name));
}

const isOutlookLine = (style: string): boolean =>
  style.length < 500 && OUTLOOK_LINE.test(style.replace(/\s+/g, '').toLowerCase());
