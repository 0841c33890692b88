/**
 * How far a sweep over many rows has come: the next call goes on there, and after the last row from the
 * beginning. So rows that have to stay as they are do not hide those behind them.
 */
export interface RowCursor {
  after: { at: Date; id: string } | null;
}

/** Before the first row. */
export const newRowCursor = (): RowCursor => ({ after: null });

/**
 * Filter of the rows behind the cursor in the order of `field`, then `_id`, which must be the fields of an
 * index.
 * @param before rows whose `field` is before this time
 */
export function behind({ after }: RowCursor, field: string, before: Date): Record<string, unknown> {
  if (!after) return { [field]: { $lt: before } };
  return {
    [field]: { $gte: after.at, $lt: before },
    $or: [{ [field]: { $gt: after.at } }, { _id: { $gt: after.id } }],
  };
}

/**
 * The rows one by one; the cursor moves past each before it is yielded, so that one that always fails is not
 * the first again.
 * @param rows at most `limit`, in the order of `at`, then `_id`
 */
export function* movingOn<Row extends { _id: string }>(
  cursor: RowCursor,
  rows: readonly Row[],
  limit: number,
  at: (row: Row) => Date,
): Generator<Row> {
  for (const row of rows) {
    cursor.after = { at: at(row), id: row._id };
    yield row;
  }
  if (rows.length < limit) cursor.after = null;
}
