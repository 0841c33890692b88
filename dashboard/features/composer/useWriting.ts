import { useEffect } from 'react';
import { saysWriting } from '../../lib/presence.ts';
import type { ThreadRef } from '../../lib/rows.ts';

/** Tells colleagues who have the thread open that something is being written here. */
export function useWriting(thread: ThreadRef | null, isWriting: boolean): void {
  const id = thread?.id;
  useEffect(() => {
    if (id === undefined) return undefined;
    saysWriting(id, isWriting);
    return () => saysWriting(id, false);
  }, [id, isWriting]);
}
