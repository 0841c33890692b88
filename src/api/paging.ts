import type { Model, ProjectionType, QueryFilter } from 'mongoose';
import { z } from 'zod';

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
  { order, by = 'created_at', projection, bytes = () => 0 }: PageOptions<Row>,
): Promise<Page<Row>> {
  const direction = order === 'newest first' ? -1 : 1;
  const cursorOfRows = model
    .find(
      (cursor ? { $and: [filter, beyond(by, cursor, direction)] } : filter) as QueryFilter<Row>,
      projection,
    )
    .sort({ [by]: direction, _id: direction })
    .limit(limit + 1)
    .lean<Row[]>()
    .cursor();
  const rows: Row[] = [];
  let bytesRead = 0;
  for await (const row of cursorOfRows as AsyncIterable<Row>) {
    if (rows.length === limit || bytesRead > PAGE_BYTES)
      return { rows, next_cursor: cursorAt(rows.at(-1), by) };
    rows.push(row);
    bytesRead += bytes(row);
  }
  return { rows, next_cursor: null };
}

/** `$lte` on the time bounds the scan of the index; `$or` chooses among the rows of that millisecond. */
function beyond(by: TimeField, [ms, id]: Position, direction: 1 | -1): QueryFilter<Listed> {
  const time = new Date(ms);
  return direction === -1
    ? { [by]: { $lte: time }, $or: [{ [by]: { $lt: time } }, { _id: { $lt: id } }] }
    : { [by]: { $gte: time }, $or: [{ [by]: { $gt: time } }, { _id: { $gt: id } }] };
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
