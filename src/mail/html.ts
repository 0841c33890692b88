import sanitize from 'sanitize-html';
import { caps } from './caps.ts';
import { limitHtml } from './htmlLimits.ts';
import { marksOf } from './quoteMarks.ts';
import { safeStyle } from './styles.ts';
import { storable } from './text.ts';

export interface SanitisedHtml {
  html: string;
  /** Content-Ids (without angle brackets) of the images that the HTML shows, each once. */
  shownCids: string[];
  /** Part of the HTML was left out because of its size or depth. */
  cut: boolean;
}

/** The frequent ones first: the list is searched for each tag. */
const TAGS = [
  'td tr p div span br a img table tbody b strong i em u font center li ul ol th thead tfoot blockquote hr h1 h2 h3 h4 h5',
  'h6 abbr address article aside bdi bdo big caption cite code col colgroup dd del dfn dl dt figcaption figure footer',
  'header ins kbd main mark nav pre q s samp section small strike sub sup time tt var wbr',
].flatMap((line) => line.split(' '));
/** Elements that are removed together with their content, because it is not text of the mail. */
const WITH_CONTENT =
  'script style textarea option xmp title template noscript iframe noembed noframes object svg math select';

/** Attributes that are kept as they are, on any element; href, src and style have rules of their own. */
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
 * Sanitised HTML may still change when it is parsed again, because parsers move elements; after a few passes
 * it does not.
 */
const MAX_PASSES = 5;

/**
 * Makes a stranger's HTML safe to show. Tables and inline styles stay; scripts, forms, frames, SVG, classes,
 * ids and everything that loads content are removed. Images of the mail become placeholders
 * (`fillPlaceholders`). Remote images have their URL in `data-src`, so that nothing loads before the reader
 * agrees. Quotes and signatures are marked (quoteMarks.ts). Takes linear time. Idempotent.
 */
export function sanitiseHtml(html: string): SanitisedHtml {
  const limited = limitHtml(html);
  let { cut } = limited;
  let result = sanitisePass(limited.html);
  for (let input = limited.html; Buffer.byteLength(result.html) > caps.htmlBytes;) {
    // Escaping has made the text longer than the cap.
    cut = true;
    input = input.slice(0, input.length / 2);
    result = sanitisePass(input);
  }
  for (let pass = 1; pass < MAX_PASSES; pass++) {
    const next = sanitisePass(result.html);
    if (next.html === result.html) return { html: result.html, shownCids: [...next.cids], cut };
    result = next;
  }
  return { html: sanitize(result.html, { allowedTags: [] }), shownCids: [], cut: true };
}

function sanitisePass(html: string): { html: string; cids: Set<string> } {
  const cids = new Set<string>();
  const clean = sanitize(html, {
    allowedTags: TAGS,
    nonTextTags: WITH_CONTENT.split(' '),
    // transformTags has already selected and checked the attributes.
    allowedAttributes: false,
    parseStyleAttributes: false,
    allowedSchemes: ['http', 'https', 'mailto', 'tel', 'data', PLACEHOLDER.slice(0, -1)],
    transformTags: {
      '*': (tagName, attribs) => ({ tagName, attribs: safeAttributes(tagName, attribs, cids) }),
    },
  });
  // The parser may split a surrogate pair.
  return { html: storable(clean), cids };
}

function safeAttributes(
  tag: string,
  written: Record<string, string>,
  cids: Set<string>,
): Record<string, string> {
  const safe: Record<string, string> = {};
  if (Object.keys(written).length === 0) return safe;
  if (tag === 'img') Object.assign(safe, safeImage(written, cids));
  const href = own(written, 'href').trim();
  if (tag === 'a' && LINK.test(href))
    Object.assign(safe, { href, target: '_blank', rel: 'noopener noreferrer' });
  const style = safeStyle(own(written, 'style'));
  if (style !== '') safe.style = style;
  for (const name of PLAIN) {
    const value = own(written, name);
    if (value !== '' && SAFE_PLAIN.test(value)) safe[name] = value;
  }
  return Object.assign(safe, marksOf(tag, written));
}

function safeImage(written: Record<string, string>, cids: Set<string>): Record<string, string> {
  const url = own(written, 'src').trim();
  const cid = /^(?:cid|postroom-cid):/i.test(url) ? decoded(url.slice(url.indexOf(':') + 1)) : '';
  if (cid !== '') {
    cids.add(cid);
    return { src: PLACEHOLDER + encodeURIComponent(cid) };
  }
  if (INLINE_IMAGE.test(url)) return { src: url };
  const remote = [url, own(written, 'data-src').trim()].find((one) => REMOTE_IMAGE.test(one));
  return remote === undefined ? {} : { 'data-src': remote };
}

/** A Content-Id in a URL should be percent-encoded (RFC 2392), but often is not. */
function decoded(cid: string): string {
  try {
    return storable(decodeURIComponent(cid)).trim();
  } catch {
    return storable(cid).trim();
  }
}

/**
 * The sender chooses the attribute names, so a name such as `constructor` must not find an inherited
 * property.
 */
function own(attributes: Record<string, string>, name: string): string {
  return Object.hasOwn(attributes, name) ? attributes[name]! : '';
}

/**
 * Replaces the placeholders of the mail's own images in sanitised HTML by URLs; an image without a URL gets
 * no source.
 * @param urlOf the URL of the image with this Content-Id (without angle brackets), or null.
 */
export function fillPlaceholders(html: string, urlOf: (cid: string) => string | null): string {
  // In sanitised HTML neither text nor attributes contain a bare `<` or `>`, and attributes contain no `"`.
  return html.replace(/<img src="postroom-cid:([^"<>]*)"/g, (_, cid: string) => {
    const url = urlOf(decodeURIComponent(cid));
    return url === null ? '<img' : `<img src="${url.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`;
  });
}

/** How many images sanitised HTML would load from elsewhere. */
export const remoteImages = (html: string): number => html.split('<img data-src="').length - 1;

/** Lets the remote images of sanitised HTML load. */
export const withRemoteImages = (html: string): string =>
  html.replaceAll('<img data-src="', '<img referrerpolicy="no-referrer" src="');

/** Colours that follow the page anyway. */
const NO_COLOUR = '(?!\\s*(?:inherit|initial|unset|currentcolor|transparent|windowtext)\\b)';
const OWN_COLOURS = new RegExp(
  `<[^<>]*(?: (?:bg)?color="${NO_COLOUR}| style="(?:[^"]*;)?(?:color|background(?:-color)?):${NO_COLOUR})`,
  'i',
);
/** Whether sanitised HTML sets colours of its own, so that it cannot take those of a dark page. */
export const hasOwnColours = (html: string): boolean => OWN_COLOURS.test(html);
