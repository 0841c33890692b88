import { storable } from '../../../mail/text.ts';

const LONGEST = 300;

/** A text of Mailgun's or of a mail server as one line that can be shown; '' for a page of a proxy. */
export function oneLine(text: string): string {
  if (/^\s*</.test(text)) return '';
  const line = storable(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const letters = Array.from(line.slice(0, LONGEST * 2));
  return letters.length <= LONGEST ? line : `${letters.slice(0, LONGEST - 1).join('')}…`;
}

/** `words: said`, or only the words where nothing was said. */
export const withSaid = (words: string, said: string): string => (said === '' ? words : `${words}: ${said}`);
