import { infiniteQueryOptions, replaceEqualDeep, type InfiniteData } from '@tanstack/react-query';
import { askEarly } from '../../lib/early.ts';
import { keys } from '../../lib/keys.ts';
import { LIST_PAGE, NEXT_PAGE, threadsPage, type ThreadsPage } from '../../lib/threadsPage.ts';
import type { ThreadFilter } from '../../lib/views.ts';

/** A list of threads, page by page. */
export const threadsQuery = (workspace: string, filter: ThreadFilter, sort: string) =>
  infiniteQueryOptions({
    queryKey: keys.list(workspace, { ...filter, sort }),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: LIST_PAGE };
      if (pageParam !== null)
        return threadsPage(workspace, { ...query, limit: NEXT_PAGE, cursor: pageParam }, signal);
      askEarly(workspace, query);
      return threadsPage(workspace, query, signal);
    },
    getNextPageParam: (page) => page.next_cursor,
    select: rowsOf,
    structuralSharing: shareRows,
  });

type List = InfiniteData<ThreadsPage, string | null>;

// A function that stays the same, so that it runs, and makes a new array, only when there are other rows.
const rowsOf = ({ pages }: List) => pages.flatMap(({ data }) => data);

/**
 * Rows that are read again and are the same stay the same objects, so that nothing of them is drawn again. By itself the
 * library compares place by place: all loaded rows when one page comes, and each with its neighbour when a row was put in.
 */
function shareRows(before: unknown, after: unknown): unknown {
  const [old, fresh] = [before, after] as (Partial<List> | undefined)[];
  // Also asked about what `rowsOf` made.
  if (!old?.pages || !fresh?.pages) return after;
  const kept = new Set(old.pages);
  if (fresh.pages.every((page) => kept.has(page))) return after;
  const rows = new Map(old.pages.flatMap(({ data }) => data).map((row) => [row.id, row]));
  const shared = (page: ThreadsPage): ThreadsPage =>
    kept.has(page)
      ? page
      : { ...page, data: page.data.map((row) => replaceEqualDeep(rows.get(row.id), row)) };
  return { ...fresh, pages: fresh.pages.map(shared) };
}
