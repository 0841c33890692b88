/** CSS properties that lay out a mail, and that cannot load anything or affect what is outside it. */
const PROPERTIES = new Set(
  [
    'color background background-color opacity text-align text-decoration text-indent text-transform line-height letter-spacing',
    'vertical-align white-space word-break word-wrap overflow-wrap direction display float clear',
    'font font-family font-size font-style font-weight font-variant',
    'width height max-width max-height min-width min-height',
    'list-style list-style-type table-layout border-collapse border-spacing caption-side empty-cells',
    ...['margin', 'padding'].flatMap((box) => [box, ...sides(box)]),
    'border border-radius border-color border-style border-width',
    ...sides('border').flatMap((side) => [side, `${side}-color`, `${side}-style`, `${side}-width`]),
  ].flatMap((line) => line.split(' ')),
);
/** Words, numbers and colours. The only functions are colours: no `url()`, no `calc()`, no escapes (`\`). */
const VALUE = /^(?:[\w\s.,#%'+!/-]|\b(?:rgb|hsl)a?\([\d\s.,%/]*\))*$/;
const MAX_DECLARATIONS = 100;
const MAX_VALUE = 200;

function sides(box: string): string[] {
  return ['top', 'right', 'bottom', 'left'].map((side) => `${box}-${side}`);
}

/** The safe declarations of a `style` attribute, in their order; empty if there are none. */
export function safeStyle(style: string): string {
  const kept: string[] = [];
  for (const declaration of style.replaceAll('"', "'").split(';', MAX_DECLARATIONS)) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, colon).trim().toLowerCase();
    const value = declaration.slice(colon + 1).trim();
    if (value && value.length <= MAX_VALUE && PROPERTIES.has(property) && VALUE.test(value)) {
      kept.push(`${property}:${value}`);
    }
  }
  return kept.join(';');
}
