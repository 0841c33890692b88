import { setImmediate } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { collectionOf, type EventRow, type Models } from '../../infra/models/index.ts';
import type { Feed, FeedEntry, Listener } from './feed.ts';

/** How long the server waits for an event before it answers that there is none (ms). */
const AWAIT_MS = 500;
/** The most events that wait for a client that reads slowly: of more, its stream ends. */
const MOST_WAITING = 1_000;

/** Events from the moment of joining on. */
export interface LiveFeed extends Feed {
  /** A position of the shared stream after the moment of joining. @throws the driver's errors */
  joinedAt(): Promise<string>;
  /** Id of the first event that has come and was not read yet. */
  firstWaiting(): string | null;
}

export interface FeedHub {
  /** @param onTooSlow called when too many events wait for the listener; its feed throws from then on */
  join(listener: Listener, onTooSlow: () => void): LiveFeed;
}

interface Subscriber {
  listener: Listener;
  push: (entry: FeedEntry) => void;
  fail: (error: unknown) => void;
}

/** The open change stream, and how far it has come. */
interface Watch {
  /** Resolves when the stream is open. */
  opened: Promise<void>;
  position: string;
}

/**
 * One change stream of events for all listeners of this process; each receives only what it may see. The
 * stream is open only while there are listeners. When it fails, all their feeds throw, and their clients
 * connect again with the last position that they have.
 */
export function createFeedHub(models: Models): FeedHub {
  const subscribers = new Map<string, Set<Subscriber>>();
  let watching: Watch | null = null;

  function passOn(event: EventRow, position: string): void {
    const readers = new Set(event.audiences);
    for (const { listener, push } of subscribers.get(event.workspace_id) ?? [])
      if (listener.audiences.some((audience) => readers.has(audience))) push({ event, position });
  }

  function failAll(error: unknown): void {
    const failed = [...subscribers.values()].flatMap((some) => [...some]);
    subscribers.clear();
    for (const { fail } of failed) fail(error);
  }

  async function read(watch: Watch, onOpen: () => void): Promise<void> {
    const stream = collectionOf(models.Event).watch<EventRow>([{ $match: { operationType: 'insert' } }], {
      maxAwaitTimeMS: AWAIT_MS,
    });
    try {
      while (subscribers.size > 0) {
        const change = (await stream.tryNext()) as mongo.ChangeStreamInsertDocument<EventRow> | null;
        watch.position = (stream.resumeToken as { _data: string })._data;
        if (change) passOn(change.fullDocument, watch.position);
        onOpen();
        // Many events may come at once: the listeners read each before the next one.
        if (change) await setImmediate();
      }
    } catch (error) {
      failAll(error);
      throw error;
    } finally {
      // Before anything is waited for: who joins from now on opens a new stream.
      watching = null;
      stream.close().catch(() => undefined);
    }
  }

  function open(): Watch {
    const watch: Watch = { opened: Promise.resolve(), position: '' };
    watch.opened = new Promise((resolve, reject) => void read(watch, resolve).catch(reject));
    // It may fail when nobody waits for it any more.
    watch.opened.catch(() => undefined);
    return watch;
  }

  return {
    join(listener, onTooSlow) {
      const { workspaceId } = listener;
      const leave = () => {
        const some = subscribers.get(workspaceId);
        some?.delete(queue);
        if (some?.size === 0) subscribers.delete(workspaceId);
      };
      const queue = createQueue(listener, () => {
        leave();
        onTooSlow();
      });
      subscribers.set(workspaceId, (subscribers.get(workspaceId) ?? new Set()).add(queue));
      const watch = (watching ??= open());
      let isFirst = true;
      return {
        async joinedAt() {
          await watch.opened;
          return watch.position;
        },
        firstWaiting: queue.firstWaiting,
        async next() {
          await watch.opened;
          // The first answer does not wait: the client wants to know that it is connected.
          const waitMs = isFirst ? 0 : AWAIT_MS;
          isFirst = false;
          return (await queue.next(waitMs)) ?? { event: null, position: watch.position };
        },
        close() {
          leave();
          queue.fail(new Error('the feed is closed'));
          return Promise.resolve();
        },
      };
    },
  };
}

/** The events that wait for one listener. */
function createQueue(listener: Listener, onTooSlow: () => void) {
  const waiting: FeedEntry[] = [];
  let failure: { error: unknown } | null = null;
  let wake: (() => void) | null = null;
  const fail = (error: unknown): void => {
    failure = { error };
    waiting.length = 0;
    wake?.();
  };
  return {
    listener,
    fail,
    firstWaiting: () => waiting[0]?.event?._id ?? null,
    push(entry: FeedEntry): void {
      waiting.push(entry);
      wake?.();
      if (waiting.length <= MOST_WAITING) return;
      fail(new Error('the client reads too slowly'));
      onTooSlow();
    },
    /** @returns null: there is none within this time */
    async next(waitMs: number): Promise<FeedEntry | null> {
      if (waiting.length === 0 && !failure && waitMs > 0) await untilWoken(waitMs);
      if (failure) throw failure.error as Error;
      return waiting.shift() ?? null;
    },
  };

  function untilWoken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
