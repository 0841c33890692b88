import type { Action } from './action.ts';
import { GO_ACTIONS } from './goActions.ts';
import { LIST_ACTIONS, PAGE_ACTIONS, WRITE_ACTIONS } from './pageActions.ts';
import { THREAD_ACTIONS } from './threadActions.ts';

/** Everything that can be done by a key or the palette. */
export const ACTIONS: readonly Action[] = [
  ...THREAD_ACTIONS,
  ...WRITE_ACTIONS,
  ...LIST_ACTIONS,
  ...GO_ACTIONS,
  ...PAGE_ACTIONS,
];
