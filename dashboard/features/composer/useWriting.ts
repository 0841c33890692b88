import { useEffect } from 'react';
import { saysWriting } from '../../lib/presence.ts';
import type { ThreadRef } from '../../lib/rows.ts';

/** Tells colleagues who have the thread open that something is being written here. */
export function useWriting(thread: ThreadRef | null, isWriting: boolean): void {
  const id = thread?.id;
  useEffect(() => {
    if (thread === null) return undefined;
    saysWriting(thread, isWriting);
    return () => saysWriting(thread, false);
    // The thread is named by its id.
  }, [id, isWriting]);
}
