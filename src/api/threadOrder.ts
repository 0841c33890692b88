import type { QueryFilter } from 'mongoose';
import { z } from 'zod';
import { threadsOf, WITHOUT_LISTS } from '../core/threads/threads.ts';
import type { MessageRow, Models } from '../infra/models/index.ts';
import { PRIORITIES, THREAD_STATUSES, type ThreadRow } from '../infra/models/thread.ts';
import { mayHave } from '../core/presenters/visibility.ts';
import { allOf } from './allOf.ts';
import { decodeCursor, encodeCursor, ListQuery, newest, timesBeyond, type Page } from './paging.ts';
import { wrongFields } from './problem.ts';

type Kind = MessageRow['thread_kind'];

const SORTS = ['created_at', 'last_message_at', 'waiting_since', 'priority'] as const;
type Sort = (typeof SORTS)[number];

export interface Order {
  sort: Sort;
  /** 1: earliest, or least urgent, first. */
  direction: 1 | -1;
}

/** `sort` of a list of threads, such as `-last_message_at`. */
export const SortParameter = z
  .enum(
    SORTS.flatMap((sort) => [sort, `-${sort}`] as const),
    `must be one of ${SORTS.join(', ')}, each also with a minus sign before it`,
  )
  .transform((text): Order => {
    const isDown = text.startsWith('-');
    return { sort: (isDown ? text.slice(1) : text) as Sort, direction: isDown ? -1 : 1 };
  })
  .meta({
    description:
      'Defaults to the order of the `view`, else to `-created_at`. With a minus sign: latest, or most urgent, first. With `waiting_since` only threads that wait are listed. ' +
      'Threads of one priority are in the order of their last messages.',
  });

/** Of a list that is asked for in no order. */
export const DEFAULT_ORDER: Order = { sort: 'created_at', direction: -1 };

/**
 * Where a page ended: the order, the rank of the priority (0 in other orders), the time (ms) and the id of
 * its last row. Rows of the same millisecond are ordered by id.
 */
const Position = z.tuple([z.enum(SORTS), z.literal([1, -1]), z.int().min(0).max(3), z.int(), z.string()]);
type Position = z.infer<typeof Position>;

/** The parameters of every list of threads. */
export const ThreadListQuery = z.strictObject({
  limit: ListQuery.shape.limit,
  cursor: z
    .string('must be given once')
    .transform((cursor, check): Position => {
      const position = Position.safeParse(decodeCursor(cursor));
      if (position.success && Math.abs(position.data[3]) <= 8.64e15) return position.data;
      check.addIssue('must be the `next_cursor` of a page');
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'The `next_cursor` of the previous page of the same list, in the same order.' }),
  sort: SortParameter.optional(),
});

/** A thread, and which kind it is. */
export interface ListedThread {
  kind: Kind;
  row: ThreadRow;
}

/** Threads of these kinds that match the filter. */
export interface ThreadRange {
  kinds: readonly Kind[];
  filter: object;
}

/**
 * One page of the threads in these ranges, by keyset, so that every page costs the same and new rows do not
 * shift pages. Each range, and each kind, which has a collection of its own, is read in the same order, and
 * all are merged.
 * @throws Problem 422: the cursor is of another order
 */
export async function readThreads(
  models: Models,
  ranges: ThreadRange[],
  { limit, cursor }: z.output<typeof ThreadListQuery>,
  order: Order,
): Promise<Page<ListedThread>> {
  if (cursor && (cursor[0] !== order.sort || cursor[1] !== order.direction))
    throw wrongFields([{ field: 'cursor', message: 'must be of a page in the same order' }]);
  const lists = await Promise.all(
    ranges.flatMap(({ kinds, filter }) =>
      kinds.flatMap((kind) =>
        eachAudience(kind, filter).map((part) => readKind(models, kind, part, order, cursor, limit + 1)),
      ),
    ),
  );
  // A thread may be in several ranges.
  const byId = new Map(lists.flat().map((thread) => [thread.row._id, thread]));
  const merged = [...byId.values()].sort((one, other) => compare(order, one.row, other.row));
  const rows = merged.slice(0, limit);
  const last = merged.length > limit ? rows.at(-1) : undefined;
  return { rows, next_cursor: last ? encodeCursor(positionOf(order, last.row)) : null };
}

/**
 * One filter for each audience that the threads of a kind can have, and for each value of `hidden`: the
 * stand-in database uses an index only where its first fields have one value each
 * (docs/decisions/stand-in-database.md).
 */
export function eachAudience(kind: Kind, filter: object): object[] {
  const { audience, hidden } = filter as Record<string, unknown>;
  const valuesOf = (condition: unknown): unknown[] =>
    (condition as { $in?: unknown[] } | null | undefined)?.$in ?? [condition];
  return valuesOf(audience)
    .filter((one) => mayHave(kind, one as string))
    .flatMap((one) => valuesOf(hidden).map((value) => ({ ...filter, audience: one, hidden: value })));
}

/** The same filter, in which only the first fields of one index stand beside each other, for the same reason. */
export function byIndex(filter: object): object {
  const fields = filter as Record<string, unknown>;
  const keys = new Set(['workspace_id', 'audience', 'hidden', ...indexKeys(fields)]);
  const [first, others] = [true, false].map((isKey) =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => keys.has(field) === isKey)),
  );
  if (Object.keys(others!).length === 0) return filter;
  return { ...first, $and: [{ workspace_id: fields.workspace_id }, others] };
}

/** The fields after `hidden` of the index that is likely to have the fewest entries for the filter. */
function indexKeys(filter: Record<string, unknown>): string[] {
  const own = ['words', 'contact_id', 'workspace_email_id', 'tags'].find((field) => field in filter);
  if (own !== undefined) return [own];
  const { agent_id } = filter;
  if (agent_id === null || typeof agent_id === 'string') return ['agent_id', 'status'];
  if ('status' in filter) return ['status'];
  return filter.snoozed_until ? ['snoozed_until'] : [];
}

/** The first `count` threads of one kind after the cursor. */
async function readKind(
  models: Models,
  kind: Kind,
  filter: object,
  order: Order,
  cursor: Position | undefined,
  count: number,
): Promise<ListedThread[]> {
  const rows: ThreadRow[] = [];
  const field = timeOf(order.sort);
  // One list for each rank: a keyset over two fields would read all rows of the first one's rank again.
  for (const rank of ranksAfter(order, cursor)) {
    const isRankOfCursor = cursor && (rank === null || rank === cursor[2]);
    const ofRank = allOf(
      filter,
      indexed(filter, order),
      rank !== null && { priority_rank: rank },
      order.sort === 'waiting_since' && { waiting_since: { $gt: new Date(0) } },
    );
    const wanted = count - rows.length;
    const place = isRankOfCursor ? cursor : null;
    const read = (since: Date | null) => {
      const times = timesBeyond(field, order.direction, place && [place[3], place[4]], since);
      return threadsOf(models, kind)
        .find((times ? { $and: [byIndex(ofRank), times] } : byIndex(ofRank)) as QueryFilter<ThreadRow>)
        .select(WITHOUT_LISTS)
        .sort({ ...(rank !== null && { priority_rank: order.direction }), [field]: order.direction })
        .sort({ _id: order.direction })
        .limit(wanted)
        .lean<ThreadRow[]>();
    };
    const from = new Date(place?.[3] ?? Date.now());
    rows.push(...(order.direction === -1 ? await newest(from, wanted, read) : await read(null)));
    if (rows.length === count) break;
  }
  return rows.map((row) => ({ kind, row }));
}

/** Not every order has an index without the status: then every status is asked for. */
function indexed(filter: object, { sort }: Order): object {
  const needsStatus = sort === 'waiting_since' || sort === 'priority' || 'agent_id' in filter;
  return needsStatus && !('status' in filter) ? { status: { $in: [...THREAD_STATUSES] } } : {};
}

const timeOf = (sort: Sort) => (sort === 'priority' ? 'last_message_at' : sort);

function ranksAfter({ sort, direction }: Order, cursor: Position | undefined): (number | null)[] {
  if (sort !== 'priority') return [null];
  const ranks = PRIORITIES.map((_, rank) => rank).sort((one, other) => (one - other) * direction);
  return cursor ? ranks.slice(ranks.indexOf(cursor[2])) : ranks;
}

function positionOf({ sort, direction }: Order, row: ThreadRow): Position {
  // Those of a list by it have it.
  const time = row[timeOf(sort)] as Date;
  return [sort, direction, sort === 'priority' ? row.priority_rank : 0, time.getTime(), row._id];
}

function compare(order: Order, one: ThreadRow, other: ThreadRow): number {
  const [, , rank, time, id] = positionOf(order, one);
  const [, , otherRank, otherTime, otherId] = positionOf(order, other);
  const difference = rank - otherRank || time - otherTime || (id < otherId ? -1 : 1);
  return difference * order.direction;
}
