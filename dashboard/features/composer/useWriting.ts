import { useEffect, useRef } from 'react';
import { saysWriting } from '../../lib/presence.ts';
import type { ThreadRef } from '../../lib/rows.ts';

/** After so long without a key nobody is writing any more, though the text stands there. */
const REST_MS = 30_000;

/** Tells colleagues who have the thread open that something is being written here. */
export function useWriting(thread: ThreadRef | null, text: string): void {
  const id = thread?.id;
  /** A draft of yesterday that is shown again is not being written. */
  const before = useRef(text);
  useEffect(() => {
    if (id === undefined || text === before.current) return undefined;
    before.current = text;
    saysWriting(id, text !== '');
    const timer = setTimeout(() => saysWriting(id, false), REST_MS);
    return () => clearTimeout(timer);
  }, [id, text]);
  useEffect(() => (id === undefined ? undefined : () => saysWriting(id, false)), [id]);
}
