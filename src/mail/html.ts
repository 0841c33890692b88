import sanitize from 'sanitize-html';
import { caps } from './caps.ts';
import { limitHtml } from './htmlLimits.ts';
import { safeStyle } from './styles.ts';
import { storable } from './text.ts';

export interface SanitisedHtml {
  html: string;
  /** Content-Ids (no brackets) of the images that it shows, each once. */
  shownCids: string[];
  /** Something was left out because of its size or depth. */
  cut: boolean;
}

/** Looked through for each tag: the frequent ones first. */
const TAGS = [
  'td tr p div span br a img table tbody b strong i em u font center li ul ol th thead tfoot blockquote hr h1 h2 h3 h4 h5',
  'h6 abbr address article aside bdi bdo big caption cite code col colgroup dd del dfn dl dt figcaption figure footer',
  'header ins kbd main mark nav pre q s samp section small strike sub sup time tt var wbr',
].flatMap((line) => line.split(' '));
/** Elements whose content is no text of the mail. */
const SILENT =
  'script style textarea option xmp title template noscript iframe noembed noframes object svg math select';

/** Attributes that keep their value, on any element; href, src and style have rules of their own. */
const PLAIN = [
  'align valign width height bgcolor color face size border cellpadding cellspacing colspan rowspan nowrap dir lang title',
  'alt start type span cite datetime',
].flatMap((line) => line.split(' '));
const SAFE_PLAIN = /^[^\p{Cc}]{0,2000}$/u;
const LINK = /^(?:https?:|mailto:|tel:)[^\s\p{Cc}]+$/iu;
const REMOTE_IMAGE = /^https?:[^\s\p{Cc}]+$/iu;
const INLINE_IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|bmp);base64,[\w+/=\s]+$/i;
const PLACEHOLDER = 'postroom-cid:';
/**
 * Sanitising can leave elements in a place where the parser moves them; a few passes and nothing moves any
 * more.
 */
const MAX_PASSES = 5;

/**
 * HTML of a stranger made fit to be shown: tables and inline styles stay; scripts, forms, frames, SVG,
 * classes, ids and whatever loads go. Images of the mail become placeholders (`fillPlaceholders`); images
 * elsewhere keep their URL and are marked `data-remote` so that a reader can be asked first. Takes time in
 * proportion to its size; doing it twice is doing it once.
 */
export function sanitiseHtml(html: string): SanitisedHtml {
  const limited = limitHtml(html);
  let { cut } = limited;
  let once = sanitiseOnce(limited.html);
  for (let input = limited.html; Buffer.byteLength(once.html) > caps.htmlBytes;) {
    // Escaping made it longer than it may be.
    cut = true;
    input = input.slice(0, input.length / 2);
    once = sanitiseOnce(input);
  }
  for (let pass = 1; pass < MAX_PASSES; pass++) {
    const again = sanitiseOnce(once.html);
    if (again.html === once.html) return { html: once.html, shownCids: [...again.cids], cut };
    once = again;
  }
  return { html: sanitize(once.html, { allowedTags: [] }), shownCids: [], cut: true };
}

function sanitiseOnce(html: string): { html: string; cids: Set<string> } {
  const cids = new Set<string>();
  const clean = sanitize(html, {
    allowedTags: TAGS,
    nonTextTags: SILENT.split(' '),
    // transformTags has already chosen the attributes and checked each.
    allowedAttributes: false,
    parseStyleAttributes: false,
    allowedSchemes: ['http', 'https', 'mailto', 'tel', 'data', PLACEHOLDER.slice(0, -1)],
    transformTags: {
      '*': (tagName, attribs) => ({ tagName, attribs: safeAttributes(tagName, attribs, cids) }),
    },
  });
  // A parser may cut a character of two halves in two.
  return { html: storable(clean), cids };
}

function safeAttributes(
  tag: string,
  written: Record<string, string>,
  cids: Set<string>,
): Record<string, string> {
  const safe: Record<string, string> = {};
  if (Object.keys(written).length === 0) return safe;
  if (tag === 'img') Object.assign(safe, safeImage(own(written, 'src'), cids));
  const href = own(written, 'href').trim();
  if (tag === 'a' && LINK.test(href))
    Object.assign(safe, { href, target: '_blank', rel: 'noopener noreferrer' });
  const style = safeStyle(own(written, 'style'));
  if (style !== '') safe.style = style;
  for (const name of PLAIN) {
    const value = own(written, name);
    if (value !== '' && SAFE_PLAIN.test(value)) safe[name] = value;
  }
  return safe;
}

function safeImage(src: string, cids: Set<string>): Record<string, string> {
  const url = src.trim();
  const cid = /^(?:cid|postroom-cid):/i.test(url) ? decoded(url.slice(url.indexOf(':') + 1)) : '';
  if (cid !== '') {
    cids.add(cid);
    return { src: PLACEHOLDER + encodeURIComponent(cid) };
  }
  if (REMOTE_IMAGE.test(url)) return { src: url, 'data-remote': 'true' };
  return INLINE_IMAGE.test(url) ? { src: url } : {};
}

/** A Content-Id in a URL is percent-encoded (RFC 2392), often not. */
function decoded(cid: string): string {
  try {
    return storable(decodeURIComponent(cid)).trim();
  } catch {
    return storable(cid).trim();
  }
}

/** Attribute names are the sender's: `constructor` must not find something inherited. */
function own(attributes: Record<string, string>, name: string): string {
  return Object.hasOwn(attributes, name) ? attributes[name]! : '';
}

/**
 * Puts URLs for the inline images of sanitised HTML; an image whose URL is null stays without source.
 * @param url of the image with this Content-Id (no brackets).
 */
export function fillPlaceholders(html: string, url: (cid: string) => string | null): string {
  // In sanitised HTML neither text nor attributes hold a bare `<` or `>`, nor attributes a `"`.
  return html.replace(/<img src="postroom-cid:([^"<>]*)"/g, (_, cid: string) => {
    const found = url(decodeURIComponent(cid));
    return found === null ? '<img' : `<img src="${found.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`;
  });
}
