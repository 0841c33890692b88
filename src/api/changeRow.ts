import type { Context } from 'koa';
import { checkMatch } from './etag.ts';

interface RowChange<Row> {
  /** The row as the operation found it. */
  row: Row;
  /** Reads the row again after another request has changed it. @throws Problem 404 */
  reread: () => Promise<Row>;
  etag: (row: Row) => string;
  /** The change, decided on the row as it was read; null = there is nothing to change. @throws Problem */
  decide: (row: Row) => object | null | Promise<object | null>;
  /** Writes the change if the row is still as it was read. @returns null when it is not */
  write: (row: Row, change: object) => Promise<Row | null>;
}

/**
 * Compare and set: concurrent changes of one row do not overwrite each other, and `If-Match` holds until the
 * write.
 * @throws Problem 404, 412
 */
export async function changeRow<Row>(
  ctx: Context,
  { row, reread, etag, decide, write }: RowChange<Row>,
): Promise<Row> {
  for (let current = row; ; current = await reread()) {
    checkMatch(ctx, etag(current));
    const change = await decide(current);
    if (change === null) return current;
    const changed = await write(current, change);
    if (changed) return changed;
  }
}
