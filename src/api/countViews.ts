import { capped, isReadBy, type Count } from '../core/presenters/countThreads.ts';
import { keptBy } from '../core/presenters/kept.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';
import { threadsOf } from '../core/threads/threads.ts';
import type { Models, SavedViewRow } from '../infra/models/index.ts';
import { byIndex, eachAudience, type ThreadRange } from './threadOrder.ts';
import { rangesOf } from './threadViews.ts';

/** The newest views are counted: each costs a read of each of its groups. */
export const MOST_VIEWS = 20;
/** The threads of a view are counted no further than this. */
export const MOST_IN_VIEW = 1_000;

/** How many threads the saved views of a user have, by the view's id. */
export async function countViews(models: Models, user: ApiUser): Promise<Record<string, Count>> {
  const views = await models.SavedView.find(keptBy(user))
    .sort({ created_at: -1, _id: -1 })
    .limit(MOST_VIEWS)
    .lean<SavedViewRow[]>();
  const counts = await Promise.all(
    views.map(async (view) => {
      const ranges = await rangesOf(models, user, view);
      return [view._id, await countIn(models, user, ranges)] as const;
    }),
  );
  return Object.fromEntries(counts);
}

/** A thread that is in several ranges counts once. */
async function countIn(models: Models, user: ApiUser, ranges: ThreadRange[]): Promise<Count> {
  const lists = await Promise.all(
    ranges.flatMap(({ kinds, filter }) =>
      kinds.flatMap((kind) =>
        eachAudience(kind, filter).map((part) =>
          threadsOf(models, kind).aggregate<{ _id: string; read: boolean }>([
            { $match: byIndex(part) },
            { $limit: MOST_IN_VIEW + 1 },
            { $project: { read: isReadBy(user) } },
          ]),
        ),
      ),
    ),
  );
  const readById = new Map(lists.flat().map(({ _id, read }) => [_id, read]));
  const unread = [...readById.values()].filter((read) => !read).length;
  return capped(readById.size, unread, MOST_IN_VIEW);
}
