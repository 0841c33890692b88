import { Settings } from 'lucide-react';
import { VIEWS } from '../lib/views.ts';
import { words } from '../words/index.ts';
import type { Action } from './action.ts';

const GOALS = [...VIEWS, { id: 'settings', name: words.shell.settings, icon: Settings, go: ',' }];

/** `g` and a letter go to a view. */
export const GO_ACTIONS: Action[] = GOALS.map(({ id, name, icon, go }) => ({
  id: `go.${id}`,
  name: words.acts.go(name),
  group: 'go',
  icon,
  keys: [`g ${go}`],
  perform: (page) => page.go(id),
}));
