import { combined, filterOfView } from '../features/inbox/filters.ts';
import { threadsQuery } from '../features/inbox/threads.ts';
import { queryClient } from '../lib/query.ts';
import { viewOf } from '../lib/views.ts';
import type { ListSearch } from './listSearch.ts';

/** What a URL names. */
interface Place {
  workspace?: string;
  view?: string;
  id?: string;
}

/**
 * Asks for the list of the URL before it is known who is signed in, and before all else that the page asks: it can be read
 * so much sooner.
 */
export function readAhead({ workspace, view = '' }: Place, search: ListSearch): void {
  const isList = Boolean(viewOf(view)?.filter) || view.startsWith('tag:');
  if (workspace === undefined || !isList) return;
  const { filter, sort } = filterOfView(view);
  const query = threadsQuery(workspace, combined(filter, search), search.sort ?? sort);
  if (queryClient.getQueryState(query.queryKey)) return;
  // Who shows the list finds the error there.
  queryClient.infiniteQuery(query).catch(() => undefined);
}
