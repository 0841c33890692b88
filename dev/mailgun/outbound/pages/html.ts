/** Markup that is safe in a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
type Content = Html | string | number | null | readonly Content[];

/** A tag for templates that escapes every value, except `Html`. Null is empty. */
export const html = (parts: TemplateStringsArray, ...contents: Content[]): Html =>
  new Html(String.raw({ raw: parts }, ...contents.map(markup)));

function markup(content: Content): string {
  if (content === null) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content));
  return content.map(markup).join('');
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char]!);
