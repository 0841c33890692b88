import type { Model, ProjectionType, QueryFilter } from 'mongoose';
import { z } from 'zod';
import { HOUR_MS } from '../lib/time.ts';

/** Where a page ended: time (ms) and id of its last row. Rows of the same millisecond are ordered by id. */
const Position = z.tuple([z.int(), z.string()]);
type Position = z.infer<typeof Position>;

const MAX_LIMIT = 100;
const isLimit = (text: string) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT;

/** The parameters of every list. */
export const ListQuery = z.strictObject({
  limit: z
    .string('must be given once')
    .refine(isLimit, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .default(50)
    .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 50 } }),
  cursor: z
    .string('must be given once')
    .transform((cursor, check): Position => {
      const position = Position.safeParse(decodeCursor(cursor));
      if (position.success && Math.abs(position.data[0]) <= 8.64e15) return position.data;
      check.addIssue('must be the `next_cursor` of a page');
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'The `next_cursor` of the previous page.' }),
});

export interface Page<Row> {
  rows: Row[];
  next_cursor: string | null;
}

interface Listed {
  _id: string;
  created_at: Date;
  updated_at?: Date;
}
type TimeField = 'created_at' | 'updated_at';

interface PageOptions<Row> {
  order: 'newest first' | 'oldest first';
  /** What is ordered by; every row has it. Defaults to `created_at`. */
  by?: TimeField;
  projection?: ProjectionType<Row>;
  /** Size of a row. A page ends after `PAGE_BYTES`, even below its limit. */
  bytes?: (row: Row) => number;
  /** There may be very many rows that match. */
  isLarge?: boolean;
}

/**
 * A page of messages or drafts ends after this, even below its limit. Text and HTML of a message are up to 2 MB each: a
 * hundred of them could fill the memory of the process.
 */
export const PAGE_BYTES = 8 * 1024 * 1024;

/** One page, by keyset on (time, _id): every page costs the same, and new rows do not shift pages. */
export async function readPage<Row extends Listed>(
  model: Model<Row>,
  filter: QueryFilter<Listed>,
  { limit, cursor }: z.output<typeof ListQuery>,
  { order, by = 'created_at', projection, bytes, isLarge = false }: PageOptions<Row>,
): Promise<Page<Row>> {
  const direction = order === 'newest first' ? -1 : 1;
  const find = (since: Date | null) => {
    const times = timesBeyond(by, direction, cursor, since);
    return model
      .find((times ? { $and: [filter, times] } : filter) as QueryFilter<Row>, projection)
      .sort({ [by]: direction, _id: direction })
      .limit(limit + 1)
      .lean<Row[]>();
  };
  if (bytes) return upToBytes(find(null).cursor() as AsyncIterable<Row>, limit, { by, bytes });
  const from = cursor ? new Date(cursor[0]) : new Date();
  const rows = isLarge && direction === -1 ? await newest(from, limit + 1, find) : await find(null);
  return {
    rows: rows.slice(0, limit),
    next_cursor: rows.length > limit ? cursorAt(rows[limit - 1], by) : null,
  };
}

/** A page that ends before its limit where it would become too large. */
async function upToBytes<Row extends Listed>(
  found: AsyncIterable<Row>,
  limit: number,
  { by, bytes }: { by: TimeField; bytes: (row: Row) => number },
): Promise<Page<Row>> {
  const rows: Row[] = [];
  let bytesRead = 0;
  for await (const row of found) {
    if (rows.length === limit || bytesRead > PAGE_BYTES)
      return { rows, next_cursor: cursorAt(rows.at(-1), by) };
    rows.push(row);
    bytesRead += bytes(row);
  }
  return { rows, next_cursor: null };
}

/** The newest rows are looked for in this stretch of time first (ms). */
const STRETCH_MS = 6 * HOUR_MS;

/**
 * Rows in the order newest first, looked for in stretches of time that grow with what was found: the stand-in database sorts
 * all that a filter matches before it gives the first row (docs/decisions/stand-in-database.md).
 * @param from the rows of this time and older
 * @param read the first `count` rows of `since` (null: of any time) and younger
 */
export async function newest<Row>(
  from: Date,
  count: number,
  read: (since: Date | null) => Promise<Row[]>,
): Promise<Row[]> {
  const near = await read(new Date(from.getTime() - STRETCH_MS));
  if (near.length >= count) return near;
  if (near.length === 0) return read(null);
  const enough = (STRETCH_MS * 2 * count) / near.length;
  const rows = await read(new Date(from.getTime() - enough));
  return rows.length >= count ? rows : read(null);
}

/**
 * Rows beyond a place (time in ms and id), and of `since` or younger; null: all. A bound on the time itself bounds the scan of
 * the index; `$or` chooses among the rows of the place's millisecond.
 */
export function timesBeyond(
  field: string,
  direction: 1 | -1,
  place: readonly [ms: number, id: string] | null | undefined,
  since: Date | null,
): QueryFilter<unknown> | null {
  if (!place) return since && { [field]: { $gte: since } };
  const [time, id] = [new Date(place[0]), place[1]];
  return direction === -1
    ? {
        [field]: { $lte: time, ...(since && { $gte: since }) },
        $or: [{ [field]: { $lt: time } }, { _id: { $lt: id } }],
      }
    : { [field]: { $gte: time }, $or: [{ [field]: { $gt: time } }, { _id: { $gt: id } }] };
}

function cursorAt(row: Listed | undefined, by: TimeField): string | null {
  return row ? cursorAfter([row[by]!.getTime(), row._id]) : null;
}

/** The cursor of the page that begins after this position. */
export const cursorAfter = (position: Position): string => encodeCursor(position);

export const encodeCursor = (position: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** Null where it is no cursor. */
export function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}
