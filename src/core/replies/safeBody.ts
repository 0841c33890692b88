import { ParserBroke, type ParserPool } from '../../infra/parser/pool.ts';
import { type Draft, Unfit } from './draft.ts';

/** Bodies as they are stored and sent. */
export interface SafeBody {
  text: string;
  html: string | null;
  /** Content-Ids (no brackets) that the HTML shows. */
  shownCids: string[];
}

/**
 * Sanitises HTML off the event loop, and makes the text from it if there is none. A body that is too large or
 * complex is refused, not cut.
 */
export async function safeBody(
  parser: Pick<ParserPool, 'sanitise'>,
  { text, html }: Pick<Draft, 'text' | 'html'>,
): Promise<SafeBody> {
  if (!html?.trim()) return { text: text ?? '', html: null, shownCids: [] };
  const safe = await parser.sanitise(html).catch((error: unknown) => {
    if (error instanceof ParserBroke && error.reason !== 'crash')
      throw new Unfit('html', 'is too complex to be read; simplify it');
    throw error;
  });
  if (safe.cut) throw new Unfit('html', 'is nested too deeply, or has too many elements; simplify it');
  const own = text?.trim() ? text : safe.text;
  if (!safe.html.trim() && !own.trim()) throw new Unfit('html', 'has no content that can be shown');
  return { text: own, html: safe.html, shownCids: safe.shownCids };
}
