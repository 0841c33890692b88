import { oneLine } from '../../../lib/oneLine.ts';
import { storable } from '../../../mail/text.ts';

const MAX_CHARS = 300;

/**
 * A text of Mailgun or of a mail server as one short line that can be shown; '' for the HTML page of a proxy.
 */
export function shownLine(text: string): string {
  if (/^\s*</.test(text)) return '';
  const line = oneLine(storable(text)).replace(/\s+/g, ' ');
  const chars = Array.from(line.slice(0, MAX_CHARS * 2));
  return chars.length <= MAX_CHARS ? line : `${chars.slice(0, MAX_CHARS - 1).join('')}…`;
}

/** `sentence: detail`, or only the sentence if there is no detail. */
export const withDetail = (sentence: string, detail: string): string =>
  detail === '' ? sentence : `${sentence}: ${detail}`;
