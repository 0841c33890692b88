import { Problem } from './problem.ts';

/** Open streams of one user: enough for all their windows and devices. */
export const MAX_OF_USER = 20;
/** Open streams of one process; each checks every five seconds that its user may still read. */
const MAX_OF_PROCESS = 500;
/** Of one workspace: the rest is for the others. */
export const MAX_OF_WORKSPACE = 250;

/** Counts the streams of events that are open in this process. */
export interface Streams {
  /**
   * Counts a new stream.
   * @returns function to call when it ends; idempotent.
   * @throws Problem 429, 503: too many are open
   */
  enter(reader: { userId: string; workspaceId: string }): () => void;
}

export function createStreams(): Streams {
  const ofUsers = new Counts();
  const ofWorkspaces = new Counts();
  let openInAll = 0;
  const headers = { 'Retry-After': '30' };
  return {
    enter({ userId, workspaceId }) {
      if (ofUsers.of(userId) >= MAX_OF_USER)
        throw new Problem(429, `You have ${MAX_OF_USER} open streams. Close one first.`, { headers });
      if (ofWorkspaces.of(workspaceId) >= MAX_OF_WORKSPACE)
        throw new Problem(
          429,
          `Your workspace has ${MAX_OF_WORKSPACE} open streams. Read pages instead, or close one.`,
          { headers },
        );
      if (openInAll >= MAX_OF_PROCESS)
        throw new Problem(503, 'Too many streams are open. Read pages instead, or try again.', { headers });
      const add = (count: 1 | -1) => {
        ofUsers.add(userId, count);
        ofWorkspaces.add(workspaceId, count);
        openInAll += count;
      };
      add(1);
      let isOpen = true;
      return () => {
        if (isOpen) add(-1);
        isOpen = false;
      };
    },
  };
}

/** Numbers by key; those that are 0 are not kept. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, count: number): void {
    const now = this.of(key) + count;
    if (now === 0) this.#counts.delete(key);
    else this.#counts.set(key, now);
  }
}
