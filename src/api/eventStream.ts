import { Readable } from 'node:stream';
import type { RouterContext } from '@koa/router';
import type { Feed } from '../core/events/feed.ts';
import { openLiveFeed } from '../core/events/liveFeed.ts';
import type { SignalHub } from '../core/events/signals.ts';
import { presentEvent } from '../core/presenters/event.ts';
import { presentSignal } from '../core/presenters/signal.ts';
import { audiencesOf, type ApiUser } from '../core/presenters/visibility.ts';
import type { SignalRow } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { listenerOf, nextOf } from './changeFeed.ts';
import type { RouteDeps } from './deps.ts';

/** How often a stream checks whether its user may still read it. */
const AUTHENTICATE_EVERY_MS = 5_000;
/** Proxies close a connection that is silent for a minute. */
const HEARTBEAT_EVERY_MS = 15_000;

/** The most signals that wait for a client that reads nothing; of more the oldest are dropped. */
const MOST_WAITING = 100;

interface EventStream {
  userId: string;
  feed: Feed;
  signals: Waiting;
  first: Awaited<ReturnType<Feed['next']>>;
  /** Rejects when the user may no longer read the stream. */
  authenticate: () => Promise<void>;
  isOver: () => boolean;
}

/** Answers with server-sent events until the client, the process, or the rights of the user end. */
export async function streamEvents(
  ctx: RouterContext<ApiState>,
  deps: Pick<
    RouteDeps,
    'models' | 'feedModels' | 'feedHub' | 'streams' | 'signals' | 'stopping' | 'authenticate'
  >,
  since: string | null,
): Promise<void> {
  const { userId } = ctx.state.user;
  const leave = deps.streams.enter(ctx.state.user);
  const feed = openLiveFeed({
    hub: deps.feedHub,
    models: deps.feedModels ?? deps.models,
    listener: listenerOf(ctx.state.user),
    since,
    // It connects again, and reads on after the last event that it received.
    onTooSlow: () => ctx.res.destroy(),
  });
  const audiences = audiencesOf(ctx.state.user).join();
  const signals = receiveSignals(deps.signals, ctx.state.user);
  const close = async () => {
    leave();
    signals.end();
    await feed.close();
  };
  // Read before the answer begins, so that a wrong position is a 4xx and not a stream that breaks off.
  const first = await nextOf(feed).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const events = eventText({
    userId,
    feed,
    signals,
    first,
    authenticate: async () => {
      await deps.authenticate(ctx, () => Promise.resolve());
      // The user is in other teams now: the client connects again, and receives what they may see.
      if (audiencesOf(ctx.state.user).join() !== audiences) throw new Error('other audiences');
    },
    isOver: () => deps.stopping?.aborted === true || ctx.res.closed,
  });
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  ctx.type = 'text/event-stream';
  // One event at a time: for a client that reads nothing, events wait in the feed, which bounds them.
  const stream = Readable.from(events, { highWaterMark: 1 });
  // Also runs when the client closes the connection before the stream began.
  ctx.body = stream.once('close', () => void close());
}

async function* eventText({
  userId,
  feed,
  signals,
  first,
  authenticate,
  isOver,
}: EventStream): AsyncGenerator<string> {
  let [sentAt, authenticatedAt] = [Date.now(), Date.now()];
  try {
    yield `retry: 2000\n${first.event ? '' : `id: ${first.position}\n`}: listening\n\n`;
    for (let current = first; !isOver();) {
      const now = Date.now();
      if (now - authenticatedAt > AUTHENTICATE_EVERY_MS) {
        await authenticate();
        authenticatedAt = now;
      }
      if (current.event) {
        const { event, position } = current;
        yield `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify(presentEvent(event, userId))}\n\n`;
        sentAt = now;
      } else if (now - sentAt > HEARTBEAT_EVERY_MS) {
        yield `: still here\n\n`;
        sentAt = now;
      }
      const upcoming = feed.next();
      // The feed may be closed while a signal is being sent, and nobody waits for this then.
      upcoming.catch(() => undefined);
      let next = await Promise.race([upcoming, signals.any()]);
      for (; !next; next = await Promise.race([upcoming, signals.any()]))
        // Without an id: a signal moves no position.
        for (const signal of signals.take())
          yield `event: ${signal.type}\ndata: ${JSON.stringify(presentSignal(signal))}\n\n`;
      current = next;
    }
  } catch {
    // The user may no longer read, or MongoDB is unavailable: the client connects again with its last
    // position.
  }
}

/** Signals that have come and were not sent yet. */
interface Waiting {
  /** Resolves when there is one. */
  any(): Promise<null>;
  take(): SignalRow[];
  end(): void;
}

function receiveSignals(hub: SignalHub, user: ApiUser): Waiting {
  const waiting: SignalRow[] = [];
  let wake: (() => void) | null = null;
  const end = hub.listen(listenerOf(user), (signal) => {
    waiting.push(signal);
    if (waiting.length > MOST_WAITING) waiting.shift();
    wake?.();
  });
  return {
    any: () =>
      new Promise((resolve) => {
        wake = () => resolve(null);
        if (waiting.length > 0) wake();
      }),
    take: () => waiting.splice(0),
    end,
  };
}
