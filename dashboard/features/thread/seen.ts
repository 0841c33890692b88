import { keep, recall } from '../../lib/storage.ts';

/** The newest message of each thread when it was last seen in this browser. */
const KEY = 'seen';
const MOST_THREADS = 500;
type Seen = [thread: string, message: string][];

export const lastSeenIn = (thread: string): string | null =>
  recall<Seen>(KEY, []).find(([id]) => id === thread)?.[1] ?? null;

export function rememberSeen(thread: string, message: string): void {
  const others = recall<Seen>(KEY, []).filter(([id]) => id !== thread);
  keep(KEY, [[thread, message], ...others].slice(0, MOST_THREADS));
}
