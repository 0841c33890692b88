import { useEffect, useRef } from 'react';
import { queryClient } from '../../lib/query.ts';
import type { Thread } from '../../lib/rows.ts';
import { messagesQuery, threadQuery } from '../../lib/threadQueries.ts';

/** A pointer that rests on a row for so long may open it. */
const REST_MS = 90;

/** Fetches a thread that is likely to be opened, so that it is there when it is. */
function prefetch(workspace: string, thread: Thread): void {
  // What cannot be fetched now is fetched when it is opened, and then it is said.
  const ignore = () => undefined;
  queryClient.query(threadQuery(workspace, thread)).catch(ignore);
  queryClient.infiniteQuery(messagesQuery(workspace, thread, null)).catch(ignore);
}

export function useNear(workspace: string): (thread: Thread) => void {
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (thread) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => prefetch(workspace, thread), REST_MS);
  };
}
