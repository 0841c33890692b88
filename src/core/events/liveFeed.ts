import type { Models } from '../../infra/models/index.ts';
import { openFeed, type Feed, type FeedEntry, type Listener } from './feed.ts';
import type { FeedHub, LiveFeed } from './feedHub.ts';

/** How long the catching up waits for an event before there is none (ms). */
const WAIT_MS = 50;
/** An event that is not older shows that the client has nearly caught up (ms). */
const RECENT_MS = 5_000;
/** Of so many events it is remembered that the client has them already. */
const REMEMBERED = 1_000;

interface LiveFeedOptions {
  hub: FeedHub;
  models: Models;
  listener: Listener;
  /** Position after which to continue; null = from now on. */
  since: string | null;
  onTooSlow: () => void;
}

/**
 * A feed that goes on without an end. From an old position it first reads a stream of its own, then it joins
 * the stream that all listeners of the process share.
 */
export function openLiveFeed(options: LiveFeedOptions): Feed {
  const { hub, models, listener, since, onTooSlow } = options;
  if (since === null) return hub.join(listener, onTooSlow);
  const own = openFeed(models, listener, since, WAIT_MS);
  const read = createMemory();
  let live: LiveFeed | null = null;
  let joinedAt = '';
  let isCaughtUp = false;

  // It joins before its own stream ends, so that there is no gap: for a moment both give the same events.
  async function join(): Promise<void> {
    live = hub.join(listener, onTooSlow);
    joinedAt = await live.joinedAt();
  }

  async function catchUp(): Promise<FeedEntry> {
    const entry = await own.next();
    const { event, position } = entry;
    if (event) read.add(event._id);
    // Once its own stream has the first event of the shared one, the rest comes from there.
    if (live) isCaughtUp = read.has(live.firstWaiting()) || (!event && isReached(joinedAt, position));
    else if (!event || Date.now() - event.at.getTime() < RECENT_MS) await join();
    if (isCaughtUp) await own.close();
    return entry;
  }

  return {
    async next() {
      if (!isCaughtUp) return catchUp();
      let entry = await live!.next();
      while (entry.event && read.has(entry.event._id)) entry = await live!.next();
      return entry;
    },
    async close() {
      await Promise.all([own.close(), live?.close()]);
    },
  };
}

/** Remembers the last ids. */
function createMemory() {
  const ids = new Set<string | null>();
  return {
    has: (id: string | null) => ids.has(id),
    add(id: string): void {
      ids.add(id);
      if (ids.size > REMEMBERED) ids.delete(ids.values().next().value!);
    },
  };
}

/**
 * Whether a stream that has no further event at `position` has passed `goal`. The server may say that there
 * is no event while it is still reading older entries of its log. MongoDB's positions begin with a time, and
 * their order is that of the stream. Stand-in: docs/decisions/stand-in-database.md
 */
function isReached(goal: string, position: string): boolean {
  const isOrdered = [goal, position].every((text) => /^82(?!000000)/.test(text));
  return !isOrdered || position >= goal;
}
