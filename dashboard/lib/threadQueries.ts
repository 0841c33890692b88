import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { etags } from './etags.ts';
import { keys } from './keys.ts';
import { listsFirst } from './listsFirst.ts';
import type { HistoryLine, Thread, ThreadRef } from './rows.ts';
import { cachedThread } from './threadCache.ts';
import { threadPath } from './threadPath.ts';

const PAGE = 50;

/** The thread itself, also from the trash. */
export const threadQuery = (workspace: string, { kind, id }: ThreadRef) =>
  queryOptions<Thread>({
    queryKey: keys.thread(workspace, kind, id),
    queryFn: async ({ signal }) => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}');
      const params = { path: { workspace_id: workspace, id } };
      const { data, response } = await api.GET(path, { signal, params });
      etags.set(id, response.headers.get('ETag'));
      return { number: null, ...(data as Partial<Thread>), kind } as Thread;
    },
    // A list has the row already: the thread's head is there at once, and it can be answered.
    placeholderData: () => cachedThread(workspace, { kind, id }),
  });

/** How a page of messages is asked for: the newest, those around one, or on from a cursor. */
type From = { newest: 'true' } | { around: string } | { cursor: string };
const beginAt = (at: string | null): From => (at === null ? { newest: 'true' } : { around: at });
const cursorOf = (cursor: string | null): From | null => (cursor === null ? null : { cursor });

/** The messages of a thread, oldest first; begins at its end, or around `at`. */
export function messagesQuery(workspace: string, { kind, id }: ThreadRef, at: string | null) {
  return infiniteQueryOptions({
    queryKey: [...keys.messages(workspace, kind, id), at],
    initialPageParam: beginAt(at),
    queryFn: async ({ pageParam, signal }) => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/messages');
      const params = { path: { workspace_id: workspace, id }, query: { limit: PAGE, ...pageParam } };
      return read(api.GET(path, { signal, params }));
    },
    getNextPageParam: ({ next_cursor }) => cursorOf(next_cursor),
    getPreviousPageParam: ({ previous_cursor }) => cursorOf(previous_cursor),
  });
}

/** The server gives so many lines at once; more pages than these nobody reads. */
const HISTORY_PAGE = 100;
const MOST_HISTORY = 10;

/** What was done to a thread, oldest first. */
export const historyQuery = (workspace: string, { kind, id }: ThreadRef) =>
  queryOptions({
    queryKey: keys.history(workspace, kind, id),
    queryFn: async ({ signal }): Promise<HistoryLine[]> => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/history');
      const lines: HistoryLine[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MOST_HISTORY && (page === 0 || cursor !== null); page += 1) {
        const query: { limit: number; cursor?: string } = { limit: HISTORY_PAGE };
        if (cursor !== null) query.cursor = cursor;
        const params = { path: { workspace_id: workspace, id }, query };
        const { data, next_cursor } = await read(api.GET(path, { signal, params }));
        lines.push(...data);
        cursor = next_cursor;
      }
      return lines;
    },
  });

/** All tags of the workspace, the most used first. */
export const tagsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.tags(workspace),
    queryFn: async ({ signal }): Promise<string[]> => {
      await listsFirst(workspace);
      const params = { path: { workspace_id: workspace } };
      const page = await read(api.GET('/api/v1/workspaces/{workspace_id}/tags', { signal, params }));
      return page.data.map(({ tag }) => tag);
    },
  });
