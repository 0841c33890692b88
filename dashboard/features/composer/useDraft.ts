import { useEffect, useSyncExternalStore } from 'react';
import type { DraftKeeper } from './DraftKeeper.ts';
import type { SaveState } from './keeping.ts';
import type { Draft } from './draft.ts';
import type { Place } from './draftApi.ts';
import { keeperOf } from './keepers.ts';

/** The draft of a place. */
export function useDraft(
  workspace: string,
  place: Place,
): { keeper: DraftKeeper; draft: Draft | null; save: SaveState } {
  const keeper = keeperOf(workspace, place);
  const { draft, save } = useSyncExternalStore(keeper.subscribe, () => keeper.state);
  useEffect(() => {
    void keeper.load();
  }, [keeper]);
  return { keeper, draft, save };
}
