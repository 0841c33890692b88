import { keptBy } from '../core/presenters/kept.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';
import type { MessageRow, Models, SavedViewRow } from '../infra/models/index.ts';
import { notFound } from './problem.ts';
import { DEFAULT_ORDER, SortParameter, type Order, type ThreadRange } from './threadOrder.ts';
import { filterOf, ViewGroup, type Filters } from './threadQuery.ts';
import { withAssigneeIds } from './threadSearch.ts';

type Kind = MessageRow['thread_kind'];

/** The threads that a list is about, and their order. */
interface ThreadList {
  ranges: ThreadRange[];
  order: Order;
}

/**
 * What a list of threads of these kinds asks for: its filters, and one of the groups of its saved view. Each
 * group is a range of its own.
 * @throws Problem 404: the user has no such view
 */
export async function threadList(
  models: Models,
  user: ApiUser,
  kinds: readonly Kind[],
  query: Filters & { view?: string | undefined; sort?: Order | undefined },
): Promise<ThreadList> {
  const { view: id, sort, ...filters } = await withAssigneeIds(models, user, query);
  if (id === undefined)
    return { ranges: [{ kinds, filter: filterOf(user, filters) }], order: sort ?? DEFAULT_ORDER };
  const view = await models.SavedView.findOne({ _id: id, ...keptBy(user) }).lean<SavedViewRow>();
  if (!view) throw notFound();
  const groups = await groupsOf(models, user, view);
  return {
    ranges: groups.map((group) => ({
      kinds: kinds.filter((kind) => group.kind.includes(kind)),
      filter: filterOf(user, filters, group),
    })),
    order: sort ?? SortParameter.safeParse(view.sort).data ?? DEFAULT_ORDER,
  };
}

/** The threads of a saved view, as ranges. */
export async function rangesOf(models: Models, user: ApiUser, view: SavedViewRow): Promise<ThreadRange[]> {
  const groups = await groupsOf(models, user, view);
  return groups.map((group) => ({ kinds: group.kind, filter: filterOf(user, group) }));
}

/** A group that this version does not understand any more matches nothing. */
async function groupsOf(models: Models, user: ApiUser, { any }: SavedViewRow): Promise<ViewGroup[]> {
  const groups = any.flatMap((group) => ViewGroup.safeParse(group).data ?? []);
  return Promise.all(groups.map((group) => withAssigneeIds(models, user, group)));
}
