import { hearDrafts } from '../../lib/draftNews.ts';
import { DraftKeeper } from './DraftKeeper.ts';
import { placeKey, type Place } from './draftApi.ts';

const keepers = new Map<string, DraftKeeper>();

/** The keeper of a place: one for the life of the page, so that a save goes on when the thread is left. */
export function keeperOf(workspace: string, place: Place): DraftKeeper {
  const key = placeKey(workspace, place);
  const keeper = keepers.get(key) ?? new DraftKeeper(workspace, place);
  keepers.set(key, keeper);
  return keeper;
}

hearDrafts((news) => {
  for (const keeper of keepers.values())
    if (news.isGone === true) keeper.dropIf(news.id);
    else if (keeper.isMeant(news)) void keeper.refresh();
});
// What was written on another device.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  for (const keeper of keepers.values()) if (keeper.isShown()) void keeper.refresh();
});
