import type { LucideIcon } from 'lucide-react';

/** Something that can be done. Defined once: keys, buttons, menus, the palette and the help sheet read it. */
export interface Action<Context> {
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
  when?: (context: Context) => boolean;
  perform: (context: Context) => unknown;
}

export const GROUPS = ['thread', 'write', 'list', 'go', 'page'] as const;
export type Group = (typeof GROUPS)[number];

export const possible = <Context>(action: Action<Context>, context: Context): boolean =>
  action.when?.(context) ?? true;

/** Every sequence of keys with its action, of those that can be done now. The first of two that share a key wins. */
export function bindings<Context>(
  actions: readonly Action<Context>[],
  context: Context,
  typing: boolean,
): Map<string, Action<Context>> {
  const bound = new Map<string, Action<Context>>();
  for (const action of actions) {
    if (typing && action.whileTyping !== true) continue;
    if (!possible(action, context)) continue;
    for (const keys of action.keys ?? []) if (!bound.has(keys)) bound.set(keys, action);
  }
  return bound;
}
