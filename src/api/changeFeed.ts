import { isGone, type Feed, type Listener } from '../core/events/feed.ts';
import { audiencesOf, type ApiUser } from '../core/presenters/visibility.ts';
import { Problem, wrongFields } from './problem.ts';

export const BAD_POSITION = 'must be a position from this feed';

/** MongoDB: ChangeStreamHistoryLost, and ChangeStreamFatalError for a position that it no longer has. */
const HISTORY_LOST = [286, 280];

/** The user as a listener of what they may see. */
export const listenerOf = (user: ApiUser): Listener => ({
  workspaceId: user.workspaceId,
  audiences: audiencesOf(user),
});

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
