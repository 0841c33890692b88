import type { Context } from 'koa';
import { checkMatch } from './etag.ts';
import { notFound } from './problem.ts';

interface Changing<Row> {
  /** The row as it is, if the user may change it. */
  find: () => Promise<Row | null>;
  etag: (row: Row) => string;
  /** The change, decided on the row as it is; null = nothing is to be done. @throws Problem */
  decide: (row: Row) => object | null | Promise<object | null>;
  /** Makes it where the row is as it was read. @returns null when it is not. */
  write: (row: Row, change: object) => Promise<Row | null>;
}

/**
 * Compare and set: whoever changes the row beside us loses nothing, and an `If-Match` is kept to the write.
 * @throws Problem 404, 412
 */
export async function changeRow<Row>(
  ctx: Context,
  { find, etag, decide, write }: Changing<Row>,
): Promise<Row> {
  for (;;) {
    const row = await find();
    if (!row) throw notFound();
    checkMatch(ctx, etag(row));
    const change = await decide(row);
    if (change === null) return row;
    const changed = await write(row, change);
    if (changed) return changed;
  }
}
