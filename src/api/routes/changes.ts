import { Readable } from 'node:stream';
import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { isGone } from '../../core/events/followChanges.ts';
import { isPosition, openFeed, type Feed } from '../../core/events/feed.ts';
import type { EventRow, Models } from '../../infra/models/index.ts';
import type { ApiState, Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { operation } from '../operation.ts';
import { Event, presentEvent } from '../../core/presenters/event.ts';
import { Problem, wrongFields } from '../problem.ts';
import { OF_ONE } from '../streams.ts';
import { audiencesOf } from '../../core/presenters/visibility.ts';

/** In one answer. */
const PAGE = 100;
/** How long an answer waits for what is on its way (ms). */
const WAIT_MS = 50;
/** A stream of events looks so often whether it is to end (ms). */
const TURN_MS = 500;
/** And so often whether its user may still hear (ms). */
const CHECK_EVERY_MS = 5_000;
/** Proxies close what is silent for a minute. */
const BEAT_EVERY_MS = 15_000;

const Position = z
  .string('must be given once')
  .refine(isPosition, 'is not a position that this feed has given');
const ChangesQuery = z.strictObject({ since: Position.optional() });
const Changes = z.object({ data: z.array(Event), next: z.string() }).meta({ id: 'Changes' });

/** `changes`: what happened, in order; as a page, or as a stream of server-sent events. */
export function changesRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  router.get(
    '/changes',
    user,
    operation(
      {
        summary: 'Follow changes',
        description:
          'What happened since the position `since`, in order, at most 100 at once, and the position to ask with `next`; without `since` only the position of now. With `Accept: text/event-stream` the same as server-sent events, whose ids are positions: `Last-Event-ID` goes on after one. A stream ends when its token, session or membership does.',
        query: ChangesQuery,
        headers: z.object({ 'Last-Event-ID': z.string().optional() }),
        answer: Changes,
        streams: ['text/event-stream'],
        refuses: {
          410: 'What followed the position is no longer kept: read everything anew.',
          429: `A user may have ${OF_ONE} streams open.`,
        },
      },
      async (ctx, { query: { since } }) => {
        ctx.vary('Accept');
        if (ctx.accepts('application/json', 'text/event-stream') === 'text/event-stream')
          return streamEvents(ctx, deps, user, lastEventId(ctx) ?? since ?? null);
        const feed = open(ctx, deps.models, since ?? null, WAIT_MS);
        try {
          const events: EventRow[] = [];
          let heard = await hear(feed);
          for (; heard.event; heard = await hear(feed)) {
            events.push(heard.event);
            if (events.length === PAGE) break;
          }
          return { data: since === undefined ? [] : events.map(presentEvent), next: heard.position };
        } finally {
          await feed.close();
        }
      },
    ),
  );
}

function lastEventId(ctx: RouterContext<ApiState>): string | null {
  const id = ctx.get('Last-Event-ID');
  if (id !== '' && !isPosition(id))
    throw wrongFields([{ field: 'Last-Event-ID', message: 'is not a position that this feed has given' }]);
  return id || null;
}

function open(ctx: RouterContext<ApiState>, models: Models, since: string | null, waitMs: number) {
  const { user } = ctx.state;
  return openFeed(
    models,
    { workspaceId: user.workspaceId, audiences: audiencesOf(user) },
    since?.toUpperCase() ?? null,
    waitMs,
  );
}

/** @throws Problem 410 or 422 for a position that leads nowhere */
async function hear(feed: Feed) {
  try {
    return await feed.next();
  } catch (error) {
    if (!isGone(error)) throw error;
    const { code } = error as { code?: unknown };
    if (code === 286 || code === 280)
      throw new Problem(410, 'What followed this position is no longer kept: read everything anew.');
    throw wrongFields([{ field: 'since', message: 'is not a position that this feed has given' }]);
  }
}

async function streamEvents(
  ctx: RouterContext<ApiState>,
  deps: RouteDeps,
  user: Authenticate,
  since: string | null,
): Promise<void> {
  const leave = deps.streams.enter(ctx.state.user.userId);
  const feed = open(ctx, deps.feedModels ?? deps.models, since, TURN_MS);
  const end = async () => {
    leave();
    await feed.close();
  };
  // A wrong position is an answer, not a stream that breaks off.
  const first = await hear(feed).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const mayHear = async () => {
    await user(ctx, () => Promise.resolve());
    return true;
  };
  const isOver = () => deps.stopping?.aborted === true || ctx.res.closed;
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  ctx.type = 'text/event-stream';
  // Made as it is read: a client that takes nothing in has nothing fetched for it.
  const stream = Readable.from(eventText(feed, first, mayHear, isOver), { highWaterMark: 1 });
  // Also when its client went away before it began.
  ctx.body = stream.once('close', () => void end());
}

async function* eventText(
  feed: Feed,
  first: Awaited<ReturnType<Feed['next']>>,
  mayHear: () => Promise<boolean>,
  isOver: () => boolean,
): AsyncGenerator<string> {
  let [saidAt, checkedAt] = [Date.now(), Date.now()];
  try {
    yield `retry: 2000\n${first.event ? '' : `id: ${first.position}\n`}: listening\n\n`;
    for (let heard = first; !isOver(); heard = await feed.next()) {
      const now = Date.now();
      if (now - checkedAt > CHECK_EVERY_MS) {
        if (!(await mayHear().catch(() => false))) return;
        checkedAt = now;
      }
      if (heard.event) {
        const { event, position } = heard;
        yield `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify(presentEvent(event))}\n\n`;
      } else if (now - saidAt > BEAT_EVERY_MS) yield `: still here\n\n`;
      else continue;
      saidAt = now;
    }
  } catch {
    // MongoDB went away: the client comes again, with its last position.
  }
}
