/** Heights of frames that were shown before, by their URL: opened again, nothing jumps. */
export const rememberedHeights = new Map<string, number>();

const LINE_PX = 24;
const CHARS_PER_LINE = 85;
const MOST_PX = 600;

/** How high a mail will be, before its frame has been measured. Pure. */
export const guessedHeight = (text: string): number =>
  Math.min(
    MOST_PX,
    LINE_PX * (1 + Math.ceil(text.length / CHARS_PER_LINE) + (text.match(/\n/g)?.length ?? 0)),
  );
