import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { etags } from './etags.ts';
import { keys } from './keys.ts';
import type { HistoryLine, Thread, ThreadRef } from './rows.ts';
import { threadPath } from './threadPath.ts';
import { wholeMessage } from './olderMessage.ts';

const PAGE = 50;

/** The thread itself, also from the trash. */
export const threadQuery = (workspace: string, { kind, id }: ThreadRef) =>
  queryOptions({
    queryKey: keys.thread(workspace, kind, id),
    queryFn: async ({ signal }): Promise<Thread> => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}');
      const params = { path: { workspace_id: workspace, id } };
      const { data, response } = await api.GET(path, { signal, params });
      etags.set(id, response.headers.get('ETag'));
      return { number: null, ...(data as Partial<Thread>), kind } as Thread;
    },
  });

/** How a page of messages is asked for: the newest, those around one, or on from a cursor. */
type From = { newest: 'true' } | { around: string } | { cursor: string };

/** The messages of a thread, oldest first; begins at its end, or around `at`. */
export const messagesQuery = (workspace: string, { kind, id }: ThreadRef, at: string | null) =>
  infiniteQueryOptions({
    queryKey: [...keys.messages(workspace, kind, id), at],
    initialPageParam: (at === null ? { newest: 'true' } : { around: at }) as From,
    queryFn: async ({ pageParam, signal }) => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/messages');
      const params = {
        path: { workspace_id: workspace, id },
        query: { limit: PAGE, ...pageParam } as object,
      };
      const page = await read(api.GET(path, { signal, params }));
      return { ...page, data: page.data.map(wholeMessage) };
    },
    getNextPageParam: ({ next_cursor }): From | null =>
      next_cursor === null ? null : { cursor: next_cursor },
    getPreviousPageParam: ({ previous_cursor }): From | null =>
      previous_cursor === null ? null : { cursor: previous_cursor },
  });

/** What was done to a thread, oldest first. */
export const historyQuery = (workspace: string, { kind, id }: ThreadRef) =>
  queryOptions({
    queryKey: keys.history(workspace, kind, id),
    queryFn: async ({ signal }): Promise<HistoryLine[]> => {
      const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/history' as never);
      const params = { path: { workspace_id: workspace, id } };
      const page = (await read(api.GET(path, { signal, params } as never))) as { data: HistoryLine[] };
      return page.data;
    },
  });

/** All tags of the workspace, the most used first. */
export const tagsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.tags(workspace),
    queryFn: async ({ signal }): Promise<string[]> => {
      const params = { path: { workspace_id: workspace } };
      const page = (await read(
        api.GET('/api/v1/workspaces/{workspace_id}/tags' as never, { signal, params } as never),
      )) as { data: { tag: string }[] };
      return page.data.map(({ tag }) => tag);
    },
  });
