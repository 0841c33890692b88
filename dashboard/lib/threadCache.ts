import type { InfiniteData } from '@tanstack/react-query';
import { fits } from './fits.ts';
import { keys } from './keys.ts';
import { queryClient } from './query.ts';
import type { Thread, ThreadRef } from './rows.ts';
import type { ThreadsPage } from './threadsPage.ts';

/* Threads as they were read, wherever they are shown: in lists and beside them. */
type Lists = Partial<InfiniteData<ThreadsPage>>;

/** Changes a thread everywhere it is shown; it leaves the lists that it no longer fits. */
export function patchThread(workspace: string, { kind, id }: ThreadRef, change: Partial<Thread>): void {
  const own = keys.thread(workspace, kind, id);
  // While it is read for the first time, what is shown of it is the row of a list.
  const known = queryClient.getQueryState(own) && cachedThread(workspace, { kind, id });
  if (known) queryClient.setQueryData<Thread>(own, { ...known, ...change });
  const me = queryClient.getQueryData<{ user: { id: string } }>(['session'])?.user.id ?? '';
  for (const [key, lists] of listsOf(workspace)) {
    if (!lists?.pages?.some(({ data }) => data.some((row) => row.id === id))) continue;
    const filter = key.at(-1) as Record<string, string>;
    const patched = (row: Thread) => (row.id === id ? { ...row, ...change } : row);
    const stays = (row: Thread) => row.id !== id || fits(row, filter, me);
    const pages = lists.pages.map((page) => ({ ...page, data: page.data.map(patched).filter(stays) }));
    queryClient.setQueryData(key, { ...lists, pages });
  }
}

/** The row of a thread, if any part of the page has read it. */
export function cachedThread(workspace: string, { kind, id }: ThreadRef): Thread | undefined {
  const read = queryClient.getQueryData<Thread>(keys.thread(workspace, kind, id));
  if (read) return read;
  for (const [, lists] of listsOf(workspace))
    for (const { data } of lists?.pages ?? []) {
      const row = data.find((each) => each.id === id);
      if (row) return row;
    }
  return undefined;
}

/** Takes a thread out of every list: it is gone. */
export function dropThread(workspace: string, id: string): void {
  for (const [key, lists] of listsOf(workspace))
    if (lists?.pages?.some(({ data }) => data.some((row) => row.id === id))) {
      const without = (page: ThreadsPage) => ({ ...page, data: page.data.filter((row) => row.id !== id) });
      queryClient.setQueryData(key, { ...lists, pages: lists.pages.map(without) });
    }
}

/** Other queries may begin with the same key: those have no pages. */
const listsOf = (workspace: string) =>
  queryClient.getQueriesData<Lists>({ queryKey: keys.threads(workspace) });
