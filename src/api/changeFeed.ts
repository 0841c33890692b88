import type { RouterContext } from '@koa/router';
import { openFeed, type Feed } from '../core/events/feed.ts';
import { isGone } from '../core/events/followChanges.ts';
import { audiencesOf } from '../core/presenters/visibility.ts';
import type { Models } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { Problem, wrongFields } from './problem.ts';

export const BAD_POSITION = 'must be a position from this feed';

/** MongoDB: ChangeStreamHistoryLost, and ChangeStreamFatalError for a position that it no longer has. */
const HISTORY_LOST = [286, 280];

/** Opens the feed of what the user may see. @param waitMs how long `next` waits for an event */
export function openUserFeed(
  ctx: RouterContext<ApiState>,
  models: Models,
  since: string | null,
  waitMs: number,
): Feed {
  const { user } = ctx.state;
  const reader = { workspaceId: user.workspaceId, audiences: audiencesOf(user) };
  return openFeed(models, reader, since?.toUpperCase() ?? null, waitMs);
}

/**
 * The next event, or the position when there is none yet.
 * @throws Problem 410, 422: the position cannot be used
 */
export async function nextOf(feed: Feed): ReturnType<Feed['next']> {
  try {
    return await feed.next();
  } catch (error) {
    if (!isGone(error)) throw error;
    const { code } = error as { code?: unknown };
    if (HISTORY_LOST.includes(code as number))
      throw new Problem(410, 'The events after this position are no longer kept. Read everything again.');
    throw wrongFields([{ field: 'since', message: BAD_POSITION }]);
  }
}
