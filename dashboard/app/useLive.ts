import { useEffect, useState } from 'react';
import { settled } from '../lib/change.ts';
import { keys } from '../lib/keys.ts';
import { follow, type LiveState } from '../lib/live.ts';
import { heardPresence } from '../lib/presence.ts';
import { queryClient } from '../lib/query.ts';
import { staleAfter } from '../lib/react.ts';

/** Reads again what changed, as long as the workspace is shown. @returns how the feed is */
export function useLive(workspace: string): LiveState {
  const [state, setState] = useState<LiveState>('live');
  useEffect(() => {
    const reread = async (stale: (readonly unknown[])[]) => {
      // What is read while my own change is under way would show the time before it.
      await settled();
      for (const queryKey of stale) void queryClient.invalidateQueries({ queryKey });
    };
    return follow(workspace, (message) => {
      if ('state' in message) return setState(message.state);
      if ('reset' in message) return void reread([keys.workspace(workspace)]);
      for (const event of message.events) heardPresence(event);
      void reread(staleAfter(workspace, message.events));
    });
  }, [workspace]);
  return useOffline() ? 'offline' : state;
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
