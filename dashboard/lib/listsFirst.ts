import { keys } from './keys.ts';
import { queryClient } from './query.ts';

/** Nothing waits for a list that does not come (ms). */
const PATIENCE_MS = 2_000;

/**
 * Resolves when no list is being read for the first time. On the server a count is as much work as several lists, of the same
 * database.
 */
export function listsFirst(workspace: string): Promise<void> {
  const isReading = () =>
    queryClient.isFetching({
      queryKey: keys.threads(workspace),
      predicate: ({ state }) => state.data === undefined,
    }) > 0;
  return new Promise((resolve) => {
    const check = () => {
      if (!isReading()) done();
    };
    const done = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = queryClient.getQueryCache().subscribe(check);
    const timer = setTimeout(done, PATIENCE_MS);
    // What mounts together begins to read together.
    queueMicrotask(check);
  });
}
