import type { Thread, ThreadRef } from '../lib/rows.ts';

/** What actions work on: the page as it is at this moment. */
export interface Page {
  workspace: string;
  /** Id of the member who is signed in. */
  me: string;
  /** The thread that is open beside the list. */
  open: ThreadRef | null;
  /** What an act is about: the chosen rows, else the open thread, else the row that the keyboard is on. */
  targets: readonly Thread[];
  /** Whether rows are chosen: then pickers are those of the bulk bar. */
  isChoosing: boolean;
  /** null: this page has no list of threads. */
  list: {
    isEmpty: boolean;
    step: (direction: 1 | -1) => void;
    openActive: () => void;
    /** Its rows can be chosen, and wait while they are looked at. */
    rows?: {
      choose: (range: boolean) => void;
      chooseAll: () => void;
      chooseNone: () => void;
      release: () => void;
    };
  } | null;
  go: (view: string) => void;
  /** Leaves the open thread. */
  back: () => void;
  /** Does what makes the targets leave the list, and goes on to the next. */
  leave: (act: () => void) => void;
  pick: (what: Picker) => void;
  show: (what: 'keys' | 'commands' | 'search') => void;
  toggle: (pane: 'sidebar' | 'panel') => void;
}
export type Picker = 'assign' | 'tag' | 'prioritise' | 'snooze';
