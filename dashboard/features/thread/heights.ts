import { ownText } from '../../lib/quotes.ts';

/** Heights of frames that were shown before, by their URL: opened again, nothing jumps. */
export const rememberedHeights = new Map<string, number>();

const LINE_PX = 24;
const CHARS_PER_LINE = 85;
/** What is seen of a mail at once, at most. */
export const MOST_PX = 600;

/** How high a mail will be, before its frame has been measured. @param quotes whether its quotes are shown. Pure. */
export function guessedHeight(text: string, quotes = true): number {
  const own = quotes ? text : ownText(text);
  const lines = 1 + Math.floor(own.length / CHARS_PER_LINE) + (own.match(/\n/g)?.length ?? 0);
  return Math.min(MOST_PX, LINE_PX * lines);
}
