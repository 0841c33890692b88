import { Problem } from './problem.ts';

/** Of one user: more than all their windows and devices. */
export const OF_ONE = 20;
/** Of one process; each waits on the database twice a second. */
const OF_ALL = 500;

/** Streams of events that are open in this process. */
export interface Streams {
  /** @returns called when the stream ends; any number of times. @throws Problem 429, 503 when there are too many */
  enter(userId: string): () => void;
}

export function createStreams(): Streams {
  const open = new Map<string, number>();
  let all = 0;
  return {
    enter(userId) {
      const mine = open.get(userId) ?? 0;
      if (mine >= OF_ONE)
        throw new Problem(429, `You have ${OF_ONE} streams open: close one first.`, {
          headers: { 'Retry-After': '30' },
        });
      if (all >= OF_ALL)
        throw new Problem(503, 'Too many streams are open; ask for pages, or try again.', {
          headers: { 'Retry-After': '30' },
        });
      open.set(userId, mine + 1);
      all += 1;
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        all -= 1;
        const left = (open.get(userId) ?? 1) - 1;
        if (left > 0) open.set(userId, left);
        else open.delete(userId);
      };
    },
  };
}
