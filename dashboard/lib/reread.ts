import { CancelledError, type InfiniteData, type QueryKey } from '@tanstack/react-query';
import { keys } from './keys.ts';
import { withFirst } from './mergePages.ts';
import { Problem } from './problem.ts';
import { queryClient } from './query.ts';
import type { ThreadRef } from './rows.ts';
import { dropThread, patchThread } from './threadCache.ts';
import { threadQuery } from './threadQueries.ts';
import { LIST_PAGE, threadsPage, type ThreadsPage } from './threadsPage.ts';

/*
 * A list that is shown is read again by its first page, and by the single rows that changed behind it: who has scrolled through
 * ten pages waits no longer than who has not.
 */
type List = InfiniteData<ThreadsPage, string | null>;

const COUNTS_REST_MS = 300;
/** Of what is being read now. */
let reading = new AbortController();
/** What changed and was not read since. */
const changed = new Map<string, ThreadRef>();
let isReading = false;
let isAskedAgain = false;
let isCounting = false;
let isCountAskedAgain = false;
let countsRestMs = COUNTS_REST_MS;

/** Reads again what may have changed with these threads. What is asked for while it reads is read once, after it. */
export async function rereadThreads(workspace: string, threads: readonly ThreadRef[] = []): Promise<void> {
  for (const { kind, id } of threads) changed.set(id, { kind, id });
  rereadCounts(workspace);
  isAskedAgain = true;
  if (isReading) return;
  isReading = true;
  try {
    while (takeAsked()) await rereadLists(workspace);
  } finally {
    isReading = false;
  }
}

/** Answers that are under way would show what was before a change. @returns whether there were any */
export async function stopReading(workspace: string): Promise<boolean> {
  const queryKey = keys.threads(workspace);
  const wasReading = isReading || queryClient.isFetching({ queryKey }) > 0;
  reading.abort();
  reading = new AbortController();
  await queryClient.cancelQueries({ queryKey });
  return wasReading;
}

/** The numbers of the sidebar, once for changes that come together; the longer counting takes, the more seldom. */
export function rereadCounts(workspace: string): void {
  isCountAskedAgain = true;
  if (!isCounting) void count(workspace);
}

async function count(workspace: string): Promise<void> {
  isCounting = true;
  while (isCountAskedAgain) {
    await new Promise((rested) => setTimeout(rested, countsRestMs));
    isCountAskedAgain = false;
    const begun = performance.now();
    await queryClient.invalidateQueries({ queryKey: keys.counts(workspace) });
    countsRestMs = Math.max(COUNTS_REST_MS, 3 * (performance.now() - begun));
  }
  isCounting = false;
}

function takeAsked(): boolean {
  const was = isAskedAgain;
  isAskedAgain = false;
  return was;
}

async function rereadLists(workspace: string): Promise<void> {
  const { signal } = reading;
  const wanted = [...changed.values()];
  const lists = queryClient.getQueryCache().findAll({ queryKey: keys.threads(workspace) });
  const shown = lists.filter((list) => list.isActive());
  for (const { queryKey } of lists.filter((list) => !list.isActive())) forgetList(queryKey);
  const read = await Promise.all(shown.map(({ queryKey }) => rereadFirst(workspace, queryKey, signal)));
  if (signal.aborted) return;
  const fresh = new Set(read.flat());
  const behind = wanted.filter(({ id }) => !fresh.has(id) && shown.some(({ queryKey }) => has(queryKey, id)));
  await Promise.all(behind.map((ref) => rereadRow(workspace, ref)));
  for (const { id } of wanted) changed.delete(id);
}

/** A list that nobody sees is read when it is shown again; then its first page is enough. */
function forgetList(queryKey: QueryKey): void {
  queryClient.setQueryData<List>(queryKey, (old) =>
    old && old.pages.length > 1
      ? { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) }
      : old,
  );
  void queryClient.invalidateQueries({ queryKey, exact: true, refetchType: 'none' });
}

/** @returns the ids of the first page */
async function rereadFirst(workspace: string, queryKey: QueryKey, signal: AbortSignal): Promise<string[]> {
  const state = queryClient.getQueryState(queryKey);
  // It is being read for the first time, or page by page: that way it is read to the end.
  if (state?.data === undefined || state.fetchStatus !== 'idle') {
    void queryClient.invalidateQueries({ queryKey, exact: true });
    return [];
  }
  const query = queryKey.at(-1) as Record<string, string>;
  try {
    const first = await threadsPage(workspace, { ...query, limit: LIST_PAGE }, signal);
    if (signal.aborted) return [];
    queryClient.setQueryData<List>(queryKey, (old) => {
      const pages = withFirst(old?.pages ?? [], first, query.sort ?? '');
      return { pages, pageParams: pages.map((_, index) => (index === 0 ? null : first.next_cursor)) };
    });
    return first.data.map(({ id }) => id);
  } catch (error) {
    if (signal.aborted) return [];
    if (!(error instanceof Problem)) throw error;
    // The library tries again, and shows it when that is of no use.
    void queryClient.invalidateQueries({ queryKey, exact: true });
    return [];
  }
}

const has = (queryKey: QueryKey, id: string): boolean =>
  queryClient.getQueryData<List>(queryKey)?.pages.some(({ data }) => data.some((row) => row.id === id)) ===
  true;

async function rereadRow(workspace: string, ref: ThreadRef): Promise<void> {
  try {
    const row = await queryClient.query({ ...threadQuery(workspace, ref), staleTime: 0 });
    patchThread(workspace, ref, row);
  } catch (error) {
    // Somebody else reads it now.
    if (error instanceof CancelledError) return;
    if (!(error instanceof Problem)) throw error;
    if (error.status === 404) dropThread(workspace, ref.id);
  }
}
