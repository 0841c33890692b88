import { useEffect, useState } from 'react';
import { settled } from '../lib/change.ts';
import { tellThisTab } from '../lib/draftNews.ts';
import { keys } from '../lib/keys.ts';
import { follow, type LiveEvent, type LiveState } from '../lib/live.ts';
import { heardPresence } from '../lib/presence.ts';
import { queryClient } from '../lib/query.ts';
import { staleAfter, threadOf, threadsIn } from '../lib/react.ts';
import { rereadCounts, rereadThreads } from '../lib/reread.ts';
import type { ThreadRef } from '../lib/rows.ts';
import { patchThread } from '../lib/threadCache.ts';

/** Reads again what changed, as long as the workspace is shown. @returns how the feed is */
export function useLive(workspace: string): LiveState {
  const [state, setState] = useState<LiveState>('live');
  useEffect(() => {
    const reread = async (stale: (readonly unknown[])[], threads: ThreadRef[]) => {
      // What is read while my own change is under way would show the time before it.
      await settled();
      if (threads.length > 0) void rereadThreads(workspace, threads);
      for (const queryKey of stale) void queryClient.invalidateQueries({ queryKey });
    };
    return follow(workspace, (message) => {
      if ('state' in message) return setState(message.state);
      if ('reset' in message) return void reread([keys.workspace(workspace)], []);
      for (const event of message.events) {
        heardPresence(event);
        heardRead(workspace, event);
        const { draft_id: draft } = event.data;
        if (typeof draft === 'string') tellThisTab({ workspace, id: draft });
      }
      const threads = threadsIn(message.events);
      void reread(staleAfter(workspace, message.events), threads);
    });
  }, [workspace]);
  return useOffline() ? 'offline' : state;
}

/** Another device of mine has read a thread. */
function heardRead(workspace: string, event: LiveEvent): void {
  const thread = threadOf(event);
  if (event.type !== 'thread.read' || thread === null) return;
  patchThread(workspace, thread, { unread: event.data.read !== true });
  rereadCounts(workspace);
}

function useOffline(): boolean {
  const [isOffline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const update = () => setOffline(!navigator.onLine);
    addEventListener('online', update);
    addEventListener('offline', update);
    return () => {
      removeEventListener('online', update);
      removeEventListener('offline', update);
    };
  }, []);
  return isOffline;
}
