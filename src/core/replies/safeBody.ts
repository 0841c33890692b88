import { ParserBroke, type ParserPool } from '../../infra/parser/pool.ts';
import { MAX_TEXT_CHARS } from '../../mail/searchWords.ts';
import { type Draft, Unfit } from './draft.ts';

/** Bodies as they are stored and sent. */
export interface SafeBody {
  text: string;
  html: string | null;
  /** Content-Ids (no brackets) that the HTML shows. */
  shownCids: string[];
  /** Of a text that is too long to be read on the event loop; null: of any other. */
  words: string[] | null;
}

/**
 * Sanitises HTML off the event loop, and makes the text from it if there is none. A body that is too large or
 * complex is refused, not cut.
 */
export async function safeBody(
  parser: Pick<ParserPool, 'sanitise' | 'words'>,
  { text, html }: Pick<Draft, 'text' | 'html'>,
): Promise<SafeBody> {
  const wordsOf = async (long: string) => (long.length > MAX_TEXT_CHARS ? parser.words(long) : null);
  if (!html?.trim()) return { text: text ?? '', html: null, shownCids: [], words: await wordsOf(text ?? '') };
  const safe = await parser.sanitise(html).catch((error: unknown) => {
    if (error instanceof ParserBroke && error.reason !== 'crash')
      throw new Unfit('html', 'is too complex to be read; simplify it');
    throw error;
  });
  if (safe.cut) throw new Unfit('html', 'is nested too deeply, or has too many elements; simplify it');
  const own = text?.trim() ? text : safe.text;
  if (!safe.html.trim() && !own.trim()) throw new Unfit('html', 'has no content that can be shown');
  return { text: own, html: safe.html, shownCids: safe.shownCids, words: await wordsOf(own) };
}
