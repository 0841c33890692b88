import type { LucideIcon } from 'lucide-react';
import type { Page } from './page.ts';

/** Something that can be done. Defined once: keys, buttons, menus, the palette and the help sheet read it. */
export interface Action {
  id: string;
  /** As menus and the palette name it. */
  name: string;
  group: Group;
  icon: LucideIcon;
  /** Sequences of keys, in the form of keys.ts; the first is shown. */
  keys?: readonly string[];
  /** Also while text is being typed: only for keys with Mod, and Escape. */
  whileTyping?: boolean;
  /** Whether it can be done now; by default it always can. */
  when?: (page: Page) => boolean;
  /** Left out of the palette: moving by one row is no command. */
  keysOnly?: boolean;
  perform: (page: Page) => unknown;
}

export const GROUPS = ['thread', 'write', 'list', 'go', 'page'] as const;
export type Group = (typeof GROUPS)[number];

export const isPossible = (action: Action, page: Page): boolean => action.when?.(page) ?? true;

/** Every sequence of keys with its action, of those that can be done now. The first of two that share a key wins. */
export function bindings(actions: readonly Action[], page: Page, typing: boolean): Map<string, Action> {
  const bound = new Map<string, Action>();
  for (const action of actions) {
    if (typing && action.whileTyping !== true) continue;
    if (!isPossible(action, page)) continue;
    for (const keys of action.keys ?? []) if (!bound.has(keys)) bound.set(keys, action);
  }
  return bound;
}
