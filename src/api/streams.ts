import { Problem } from './problem.ts';

/** Open streams of one user: enough for all their windows and devices. */
export const MAX_OF_USER = 20;
/** Open streams of one process; each checks every five seconds that its user may still read. */
const MAX_OF_PROCESS = 500;

/** Counts the streams of events that are open in this process. */
export interface Streams {
  /**
   * Counts a new stream.
   * @returns function to call when it ends; idempotent.
   * @throws Problem 429, 503: too many are open
   */
  enter(userId: string): () => void;
}

export function createStreams(): Streams {
  const openByUser = new Map<string, number>();
  let openInAll = 0;
  const headers = { 'Retry-After': '30' };
  return {
    enter(userId) {
      const openOfUser = openByUser.get(userId) ?? 0;
      if (openOfUser >= MAX_OF_USER)
        throw new Problem(429, `You have ${MAX_OF_USER} open streams. Close one first.`, { headers });
      if (openInAll >= MAX_OF_PROCESS)
        throw new Problem(503, 'Too many streams are open. Read pages instead, or try again.', { headers });
      openByUser.set(userId, openOfUser + 1);
      openInAll += 1;
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        openInAll -= 1;
        const left = (openByUser.get(userId) ?? 1) - 1;
        if (left > 0) openByUser.set(userId, left);
        else openByUser.delete(userId);
      };
    },
  };
}
