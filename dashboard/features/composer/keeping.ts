import type { Draft } from './draft.ts';

/** `kept`: only in this browser, since the server is away. */
export type SaveState = 'none' | 'saving' | 'saved' | 'kept' | { refused: string };
export interface State {
  draft: Draft | null;
  save: SaveState;
}
export interface Local {
  draft: Draft;
  id: string | null;
}

/** Which draft a message was sent from, and after how many saves. */
export interface Sending {
  id: string | null;
  saves: number;
}
