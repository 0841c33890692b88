import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { isPosition, openFeed } from '../../core/events/feed.ts';
import { Event, presentEvent } from '../../core/presenters/event.ts';
import type { EventRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import { BAD_POSITION, listenerOf, nextOf } from '../changeFeed.ts';
import type { RouteDeps } from '../deps.ts';
import { streamEvents } from '../eventStream.ts';
import { wrongFields } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { MAX_OF_USER, MAX_OF_WORKSPACE } from '../streams.ts';

/** Events in one answer. */
const PAGE = 100;
/** How long an answer waits for events that are just being written. */
const WAIT_MS = 50;

const Position = z.string('must be given once').refine(isPosition, BAD_POSITION);
const ChangesQuery = z.strictObject({ since: Position.optional() });
const Changes = z.object({ data: z.array(Event), next: z.string() }).meta({ id: 'Changes' });

/** `changes`: events in order, as a page or as a stream of server-sent events. */
export function changesRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  route(
    {
      method: 'GET',
      path: '/changes',
      role: 'member',
      scope: 'read',
      summary: 'Follow changes',
      description:
        'Events after the position `since`, in order, at most 100 at once. Send `next` as `since` to ' +
        'read on. Without `since` the answer has only the current position. With `Accept: ' +
        'text/event-stream` the same events come as server-sent events whose ids are positions; ' +
        '`Last-Event-ID` continues after one. The stream also has signals, which are ' +
        'not kept and have no id: `thread.presence`, and of the user alone `thread.read` and ' +
        '`draft.updated`. A stream ends when its token, session or membership ends.',
      query: ChangesQuery,
      headers: z.object({ 'Last-Event-ID': z.string().optional() }),
      answer: Changes,
      streams: ['text/event-stream'],
      refuses: {
        410: 'The events after the position are no longer kept: read everything again.',
        429: `A user may have at most ${MAX_OF_USER} open streams, and a workspace ${MAX_OF_WORKSPACE} in one process.`,
      },
    },
    async (ctx, { query: { since } }) => {
      ctx.vary('Accept');
      if (ctx.accepts('application/json', 'text/event-stream') === 'text/event-stream')
        return streamEvents(ctx, deps, lastEventId(ctx) ?? since ?? null);
      const { user } = ctx.state;
      const feed = openFeed(deps.models, listenerOf(user), since ?? null, WAIT_MS);
      try {
        const events: EventRow[] = [];
        let current = await nextOf(feed);
        for (; current.event; current = await nextOf(feed)) {
          events.push(current.event);
          if (events.length === PAGE) break;
        }
        return {
          data: since === undefined ? [] : events.map((event) => presentEvent(event, user.userId)),
          next: current.position,
        };
      } finally {
        await feed.close();
      }
    },
  );
}

/** @throws Problem 422 */
function lastEventId(ctx: RouterContext<ApiState>): string | null {
  const id = ctx.get('Last-Event-ID');
  if (id !== '' && !isPosition(id)) throw wrongFields([{ field: 'Last-Event-ID', message: BAD_POSITION }]);
  return id || null;
}
