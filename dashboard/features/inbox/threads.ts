import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { ThreadFilter } from './views.ts';

const PAGE = 50;

/** A list of threads, page by page. */
export const threadsQuery = (workspace: string, filter: ThreadFilter, sort: string) =>
  infiniteQueryOptions({
    queryKey: keys.list(workspace, { ...filter, sort }),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      read(
        api.GET('/api/v1/workspaces/{workspace_id}/threads', {
          signal,
          params: {
            path: { workspace_id: workspace },
            query: { ...filter, sort, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } as never,
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap(({ data }) => data),
  });
