import { withRemoteImages } from './html.ts';
import { escapeHtml, linkify } from './textHtml.ts';

/** What is shown of a message: all of it, or what stays while its quotes are folded. */
interface ViewedMessage {
  subject: string;
  /** Plain text; or sanitised HTML, with the URLs of its own images filled in. */
  content: string;
  isHtml: boolean;
  /** It sets colours, so it is shown as on paper, also on a dark page. */
  ownColours: boolean;
}

export interface ViewOptions {
  /** Images of other servers are loaded. */
  images: boolean;
  /** Of the page around it; by default what the browser prefers. */
  theme: 'light' | 'dark' | undefined;
}

const STYLE = `
html { color-scheme: light dark; }
html.light { color-scheme: light; }
html.dark { color-scheme: dark; }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: CanvasText; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; unicode-bidi: plaintext; }
.mail { overflow-x: auto; }
.own { background: #fff; color: #000; }
img { max-width: 100%; height: auto; }
img:not([src]) { min-width: 1em; min-height: 1em; outline: 1px dashed GrayText; }
blockquote { margin: 0 0 0 .8em; padding-left: .8em; border-left: 2px solid GrayText; }
`;

/**
 * A message as an HTML document of its own, for a frame without scripts. The document asks for nothing but
 * the images that its policy allows.
 */
export function viewDocument(message: ViewedMessage, { images, theme }: ViewOptions): string {
  const { subject, content, isHtml, ownColours } = message;
  const html = isHtml ? (images ? withRemoteImages(content) : content) : linkify(content);
  return `<!doctype html>
<html lang="und" class="${ownColours ? 'light' : (theme ?? '')}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>${escapeHtml(subject || 'Message')}</title><style>${STYLE}</style></head>
<body><div class="${isHtml ? 'mail' : 'text'}${ownColours ? ' own' : ''}" dir="auto">${html}</div></body></html>
`;
}

/**
 * What the document may do: show itself in one of our own pages, its images, and open links in new tabs.
 * Nothing runs in it, also when it is opened by itself.
 */
export function viewPolicy(images: boolean): string {
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `img-src 'self' data:${images ? ' https: http:' : ''}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    'sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox',
  ].join('; ');
}
