import { useEffect, useRef } from 'react';
import { actOnThreads } from '../../lib/change.ts';
import type { Message, Thread } from '../../lib/rows.ts';
import { rememberSeen } from './seen.ts';

/** A thread that is open and seen is read: when it is opened, and whenever something new comes. */
export function useMarkRead(workspace: string, thread: Thread, messages: readonly Message[]): void {
  const newest = messages.at(-1)?.id ?? null;
  /** Once for each newest message: what is marked as unread by hand stays so. */
  const readAt = useRef<string | null>(null);
  useEffect(() => {
    const read = () => {
      if (newest === null || document.visibilityState === 'hidden' || readAt.current === newest) return;
      readAt.current = newest;
      rememberSeen(thread.id, newest);
      if (thread.unread) actOnThreads(workspace, [thread], 'read', null, newest);
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [workspace, thread, newest]);
}
