import { isForwarded } from './subject.ts';

/**
 * Quoted mail and signatures in what people write. They are folded, never cut: the reader can always unfold
 * them.
 */

/** Characters of the largest message that is folded. */
const MAX_CHARS = 500_000;

/** A piece of a mail, in order. */
interface Piece {
  kind: 'own' | 'quote' | 'line' | 'signature';
  source: string;
  /** It has something to see. */
  isSeen: boolean;
}

export interface Folded {
  /** What is shown while quotes and signatures are folded; the whole if nothing is. */
  shown: string;
  /** Something is folded. */
  folds: boolean;
}

/**
 * Folds the quotes and signatures of a message. Forwarded mail is not folded, nor is a mail of which nothing
 * else would stay, nor one that is answered between the lines of the quote, nor a huge one.
 */
export function foldMessage(message: { subject: string; text: string; html: string | null }): Folded {
  const whole = message.html ?? message.text;
  // Such a mail is not shown before it is asked for, and folding it would hold up everything else.
  if (whole.length > MAX_CHARS) return { shown: whole, folds: false };
  // What is forwarded is what the reader wants to see.
  if (isForwarded(message.subject)) return { shown: whole, folds: false };
  return message.html === null ? foldText(whole) : foldHtml(whole);
}

/** Folds sanitised HTML by the marks that sanitising left in it (quoteMarks.ts). Takes linear time. */
export function foldHtml(html: string): Folded {
  if (!/ data-(?:quote|signature)="/.test(html)) return { shown: html, folds: false };
  return fold(htmlPieces(html));
}

/** Folds plain text: lines that begin with `>` and the line before them, Outlook's header, and `-- `. */
export function foldText(text: string): Folded {
  return MAY_FOLD.test(text) ? fold(textPieces(text)) : { shown: text, folds: false };
}

function fold(pieces: Piece[]): Folded {
  const join = (some: Piece[]) => some.map(({ source }) => source).join('');
  const seen = withoutLooseLines(pieces.filter(({ isSeen }) => isSeen));
  const quotes = seen.flatMap(({ kind }, n) => (kind === 'quote' ? [n] : []));
  const isBetweenQuotes = (n: number) => n > (quotes[0] ?? n) && n < (quotes.at(-1) ?? n);
  const isInterleaved = seen.some(({ kind }, n) => kind === 'own' && isBetweenQuotes(n));
  const hidden = new Set<Piece['kind']>(isInterleaved ? ['signature'] : ['quote', 'line', 'signature']);
  const folds = seen.some(({ kind }) => hidden.has(kind)) && seen.some(({ kind }) => kind === 'own');
  return { shown: join(folds ? pieces.filter(({ kind }) => !hidden.has(kind)) : pieces), folds };
}

/** A line that introduces no quote is the writer's own. */
function withoutLooseLines(seen: Piece[]): Piece[] {
  let next: Piece | undefined;
  for (const piece of seen.toReversed()) {
    if (piece.kind === 'line' && next?.kind !== 'quote' && next?.kind !== 'line') piece.kind = 'own';
    next = piece;
  }
  return seen;
}

/** In sanitised HTML neither text nor attributes contain a bare `<` or `>`, and every element is closed. */
const TAG = /<(\/?)\w+([^<>]*)>/g;
/** Space in any form, also as mail programs write it to keep a line open. */
const NOTHING = /&(?:nbsp|zwnj|#(?:160|8203|8204|65279));|[\s\u200b\u200c\ufeff]/g;

function htmlPieces(html: string): Piece[] {
  const pieces = new Pieces();
  /** How many elements of the marked part are open; null: outside of one. */
  let depth: number | null = null;
  /** The marked part goes to the end, not only to the end of its element. */
  let isRest = false;
  let position = 0;
  for (const tag of html.matchAll(TAG)) {
    const [source, slash, attributes] = tag as unknown as [string, string, string];
    const isVoid = attributes.endsWith('/');
    pieces.addText(html.slice(position, tag.index));
    position = tag.index + source.length;
    const mark = depth === null ? markIn(attributes) : null;
    if (mark !== null) {
      pieces.start(mark === 'rest' ? 'quote' : mark);
      depth = 0;
      isRest = mark === 'rest';
    }
    // A tag that closes an element which began before the quote.
    if (slash !== '' && depth === 0) pieces.addOutside(source);
    else pieces.addTag(source);
    if (depth === null) continue;
    if (slash !== '') depth = Math.max(0, depth - 1);
    else if (!isVoid) depth += 1;
    if (depth > 0 || isRest) continue;
    pieces.start('own');
    depth = null;
  }
  pieces.addText(html.slice(position));
  return pieces.all;
}

function markIn(attributes: string): 'quote' | 'line' | 'rest' | 'signature' | null {
  const mark = / data-quote="(\w+)"/.exec(attributes)?.[1];
  if (mark !== undefined) return mark === 'line' || mark === 'rest' ? mark : 'quote';
  return attributes.includes(' data-signature="true"') ? 'signature' : null;
}

/** Pieces under construction. */
class Pieces {
  readonly all: Piece[] = [{ kind: 'own', source: '', isSeen: false }];

  start(kind: Piece['kind']): void {
    this.all.push({ kind, source: '', isSeen: false });
  }

  addText(source: string): void {
    const piece = this.all.at(-1)!;
    piece.source += source;
    piece.isSeen ||= source.replace(NOTHING, '') !== '';
  }

  addTag(source: string): void {
    const piece = this.all.at(-1)!;
    piece.source += source;
    piece.isSeen ||= source.startsWith('<img ');
  }

  /** Adds a tag that must stay when the present piece is folded. */
  addOutside(source: string): void {
    const { kind } = this.all.at(-1)!;
    this.start('own');
    this.addTag(source);
    this.start(kind);
  }
}

/** Without a line that begins so, nothing is folded: most texts need not be looked at closely. */
const MAY_FOLD = /^(?:[^\S\n]?>|-- ?\r?$|[^\S\n]*(?:-{3}|_{10}|\*?\p{L}{1,5}\s?[:：]))/mu;
const QUOTED_LINE = /^\s?>/;
/** Longest line that introduces a quote, over at most three lines of text. */
const MAX_LINE_CHARS = 300;
const MAX_LINES = 3;
const ORIGINAL = new RegExp(
  `^\\s*-{3,}\\s*(?:${[
    'original message|original appointment|ursprüngliche nachricht|originalnachricht|message d.origine',
    'mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|ursprungligt meddelande',
    'oprindelig meddelelse|исходное сообщение|原始邮件|元のメッセージ',
  ].join('|')})\\s*-{3,}\\s*$`,
  'iu',
);
const FROM_LINE = /^\s*\*?(?:from|von|de|da|van|från|fra|od|от|发件人|寄件者|差出人)\s?[:：]/iu;
const HEADER_LINE = /^\s*\*?[\p{L} ]{2,25}\s?[:：]\*?\s?\S/u;

function textPieces(text: string): Piece[] {
  const lines = text.split(/(?<=\n)/);
  const kinds = lines.map((line): Piece['kind'] => (QUOTED_LINE.test(line) ? 'quote' : 'own'));
  const rest = lines.findIndex((_, n) => beginsRest(lines, n));
  if (rest >= 0) kinds.fill('quote', rest);
  for (let n = 0; n < lines.length; n++)
    if (kinds[n] === 'quote' && kinds[n - 1] === 'own') markIntroduction(lines, kinds, n);
  const signature = lines.findIndex((line, n) => kinds[n] === 'own' && /^-- ?\r?\n?$/.test(line));
  for (let n = signature; n >= 0 && n < lines.length && kinds[n] === 'own'; n++) kinds[n] = 'signature';
  const pieces: Piece[] = [];
  for (const [n, source] of lines.entries()) {
    if (pieces.at(-1)?.kind !== kinds[n]) pieces.push({ kind: kinds[n]!, source: '', isSeen: false });
    const piece = pieces.at(-1)!;
    piece.source += source;
    piece.isSeen ||= source.trim() !== '';
  }
  return pieces;
}

/** Outlook quotes without `>`: a line, then the header of the mail, then its text up to the end. */
function beginsRest(lines: string[], n: number): boolean {
  const line = lines[n]!;
  if (line.trim() === '') return false;
  if (ORIGINAL.test(line)) return true;
  const isRule = /^\s*_{10,}\s*$/.test(line);
  if (!isRule && !FROM_LINE.test(line)) return false;
  const header = lines.slice(isRule ? n + 1 : n, n + 6).filter((one) => HEADER_LINE.test(one));
  return header.length >= 3 && FROM_LINE.test(header[0]!);
}

/** "On Monday, Ann <ann@x.test> wrote:" above a quote: up to three lines that end with a colon. */
function markIntroduction(lines: string[], kinds: Piece['kind'][], quote: number): void {
  let end = quote - 1;
  if (lines[end]!.trim() === '') end -= 1;
  let joined = '';
  for (let n = end; n > end - MAX_LINES && n >= 0; n--) {
    if (kinds[n] !== 'own' || lines[n]!.trim() === '') return;
    joined = `${lines[n]!.trim()} ${joined}`.trim();
    if (joined.length > MAX_LINE_CHARS || !/[:：]$/.test(joined)) return;
    if (/[\d@]/.test(joined)) return void kinds.fill('line', n, quote);
  }
}
