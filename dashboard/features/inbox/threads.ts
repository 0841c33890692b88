import { infiniteQueryOptions } from '@tanstack/react-query';
import { keys } from '../../lib/keys.ts';
import { LIST_PAGE, threadsPage } from '../../lib/threadsPage.ts';
import type { ThreadFilter } from '../../lib/views.ts';

/** A list of threads, page by page. */
export const threadsQuery = (workspace: string, filter: ThreadFilter, sort: string) =>
  infiniteQueryOptions({
    queryKey: keys.list(workspace, { ...filter, sort }),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      threadsPage(
        workspace,
        { ...filter, sort, limit: LIST_PAGE, ...(pageParam !== null && { cursor: pageParam }) },
        signal,
      ),
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap(({ data }) => data),
  });
