import { oneLine } from '../../../lib/oneLine.ts';
import { storable } from '../../../mail/text.ts';

const LONGEST = 300;

/** A text of Mailgun or of a mail server as one line that can be shown; '' for the HTML page of a proxy. */
export function shownLine(text: string): string {
  if (/^\s*</.test(text)) return '';
  const line = oneLine(storable(text)).replace(/\s+/g, ' ');
  const characters = Array.from(line.slice(0, LONGEST * 2));
  return characters.length <= LONGEST ? line : `${characters.slice(0, LONGEST - 1).join('')}…`;
}

/** `words: text`, or the words alone where there is no text. */
export const withSaid = (words: string, text: string): string => (text === '' ? words : `${words}: ${text}`);
