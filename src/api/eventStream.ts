import { Readable } from 'node:stream';
import type { RouterContext } from '@koa/router';
import type { Feed } from '../core/events/feed.ts';
import { presentEvent } from '../core/presenters/event.ts';
import type { ApiState } from './auth.ts';
import { nextOf, openUserFeed } from './changeFeed.ts';
import type { RouteDeps } from './deps.ts';

/** How often a stream checks whether it must end. */
const POLL_MS = 500;
/** How often a stream checks whether its user may still read it. */
const AUTHENTICATE_EVERY_MS = 5_000;
/** Proxies close a connection that is silent for a minute. */
const HEARTBEAT_EVERY_MS = 15_000;

interface EventStream {
  feed: Feed;
  first: Awaited<ReturnType<Feed['next']>>;
  /** Rejects when the user may no longer read the stream. */
  authenticate: () => Promise<void>;
  isOver: () => boolean;
}

/** Answers with server-sent events until the client, the process, or the rights of the user end. */
export async function streamEvents(
  ctx: RouterContext<ApiState>,
  deps: Pick<RouteDeps, 'models' | 'feedModels' | 'streams' | 'stopping' | 'authenticate'>,
  since: string | null,
): Promise<void> {
  const leave = deps.streams.enter(ctx.state.user.userId);
  const feed = openUserFeed(ctx, deps.feedModels ?? deps.models, since, POLL_MS);
  const close = async () => {
    leave();
    await feed.close();
  };
  // Read before the answer begins, so that a wrong position is a 4xx and not a stream that breaks off.
  const first = await nextOf(feed).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const events = eventText({
    feed,
    first,
    authenticate: async () => {
      await deps.authenticate(ctx, () => Promise.resolve());
    },
    isOver: () => deps.stopping?.aborted === true || ctx.res.closed,
  });
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  ctx.type = 'text/event-stream';
  // One event at a time: for a client that reads nothing, nothing is read from the database.
  const stream = Readable.from(events, { highWaterMark: 1 });
  // Also runs when the client closes the connection before the stream began.
  ctx.body = stream.once('close', () => void close());
}

async function* eventText({ feed, first, authenticate, isOver }: EventStream): AsyncGenerator<string> {
  let [sentAt, authenticatedAt] = [Date.now(), Date.now()];
  try {
    yield `retry: 2000\n${first.event ? '' : `id: ${first.position}\n`}: listening\n\n`;
    for (let current = first; !isOver(); current = await feed.next()) {
      const now = Date.now();
      if (now - authenticatedAt > AUTHENTICATE_EVERY_MS) {
        await authenticate();
        authenticatedAt = now;
      }
      if (current.event) {
        const { event, position } = current;
        yield `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify(presentEvent(event))}\n\n`;
      } else if (now - sentAt > HEARTBEAT_EVERY_MS) yield `: still here\n\n`;
      else continue;
      sentAt = now;
    }
  } catch {
    // The user may no longer read, or MongoDB is unavailable: the client connects again with its last
    // position.
  }
}
