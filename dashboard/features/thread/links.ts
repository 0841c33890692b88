/** Finds links in plain text. Pure; joining the pieces gives the text again. */
export interface Piece {
  text: string;
  href: string | null;
}

const LINK = /\bhttps?:\/\/[^\s<>"“”]+|\bwww\.[^\s<>"“”]+\.[^\s<>"“”]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gi;
/** Signs that end a sentence rather than an address; a bracket belongs to it only when it was opened in it. */
const TRAILING = /[.,;:!?'"*]+$/;

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmed(match[0]);
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), href: null });
    pieces.push({ text: link, href: hrefOf(link) });
    at = match.index + link.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), href: null });
  return pieces;
}

function trimmed(link: string): string {
  const short = link.replace(TRAILING, '');
  const unopened = short.endsWith(')') && !short.includes('(');
  return unopened ? trimmed(short.slice(0, -1)) : short;
}

function hrefOf(link: string): string {
  if (/^https?:/i.test(link)) return link;
  return link.includes('@') && !link.includes('/') ? `mailto:${link}` : `https://${link}`;
}
