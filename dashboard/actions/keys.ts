/**
 * Which act a key press means. By the typed character, not by the key's place, so that it is the same on every keyboard
 * layout. Pure: the page hands in what was pressed.
 */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** How long the second key of a sequence is waited for (ms). */
export const SEQUENCE_MS = 900;

/** `g i`, `Mod+Enter`, `#`, `?`, `Shift+x`. `Mod` is Ctrl or, on a Mac, Command. */
export function strokeOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Press): string {
  const named = key.length > 1;
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  // Windows says Ctrl and Alt for AltGr, with which some layouts type `#` and `[`.
  const isAltGr = ctrlKey && altKey && !named && !letter;
  return [
    (metaKey || (ctrlKey && !isAltGr)) && 'Mod',
    // Alt types characters on many layouts (AltGr): then the character says it all.
    altKey && (named || letter) && !ctrlKey && 'Alt',
    // A sign such as `?` needs Shift on one layout and none on another.
    shiftKey && (named || letter) && 'Shift',
    letter ? key.toLowerCase() : key === ' ' ? 'Space' : key,
  ]
    .filter(Boolean)
    .join('+');
}

export type Match<Act> = { act: Act } | { begun: string } | null;

/**
 * @param begun what was pressed just before, if it begins a sequence
 * @param bound each sequence with its act
 */
export function match<Act>(begun: string, stroke: string, bound: ReadonlyMap<string, Act>): Match<Act> {
  const whole = begun === '' ? stroke : `${begun} ${stroke}`;
  const act = bound.get(whole);
  if (act !== undefined) return { act };
  if ([...bound.keys()].some((keys) => keys.startsWith(`${whole} `))) return { begun: whole };
  // A wrong second key is a first one.
  return begun === '' ? null : match('', stroke, bound);
}

/** Whether a press in this element types text: then only keys with Mod, and Escape, are acts. */
export function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
