import type { QueryFilter } from 'mongoose';
import { z } from 'zod';
import { NOT_SHOWN } from '../core/presenters/show.ts';
import type { MessageRow, Models } from '../infra/models/index.ts';
import { decodeCursor, encodeCursor, ListQuery, PAGE_BYTES } from './paging.ts';
import { notFound } from './problem.ts';

/** Where a page begins: which way from there, and time (ms) and id of the message beside it. */
const Position = z.tuple([z.enum(['after', 'before']), z.int(), z.string()]);
type Position = z.infer<typeof Position>;

const Yes = z.literal('true', 'must be "true"').optional();

/** The parameters of a list of messages. */
export const MessageListQuery = z
  .strictObject({
    limit: ListQuery.shape.limit,
    cursor: z
      .string('must be given once')
      .transform((cursor, check): Position => {
        const position = Position.safeParse(decodeCursor(cursor));
        if (position.success && Math.abs(position.data[1]) <= 8.64e15) return position.data;
        check.addIssue('must be the `next_cursor` or `previous_cursor` of a page');
        return z.NEVER;
      })
      .optional()
      .meta({ description: 'The `next_cursor` or `previous_cursor` of another page.' }),
    around: z
      .string('must be given once')
      .optional()
      .meta({ description: 'Id of a message: the page has it in its middle.' }),
    newest: Yes.meta({ description: '`true`: the last page, which ends with the newest message.' }),
    trash: Yes.meta({ description: 'May be given, as for the thread itself, and changes nothing.' }),
  })
  .refine(({ cursor, around, newest }) => [cursor, around, newest].filter(Boolean).length <= 1, {
    message: 'must not be given together with `around` or `newest`',
    path: ['cursor'],
  });

export interface MessagePage {
  rows: MessageRow[];
  next_cursor: string | null;
  previous_cursor: string | null;
}

/** Messages in one direction from a position, nearest first, and whether there are more. */
interface Stretch {
  rows: MessageRow[];
  isMore: boolean;
}

/**
 * A page of a thread's messages, oldest first, by keyset in both directions.
 * @throws Problem 404: the message to read around is not in the thread
 */
export async function readMessages(
  models: Models,
  filter: object,
  { limit, cursor, around, newest }: z.output<typeof MessageListQuery>,
): Promise<MessagePage> {
  const read = (position: Position | null, isBack: boolean, count: number) =>
    stretch(models, filter, position, isBack, count);
  if (newest || cursor?.[0] === 'before') {
    const { rows, isMore } = await read(cursor ?? null, true, limit);
    // The page of the cursor is what comes next.
    return pageOf(rows.reverse(), isMore, cursor !== undefined);
  }
  if (around === undefined) {
    const { rows, isMore } = await read(cursor ?? null, false, limit);
    return pageOf(rows, cursor !== undefined, isMore);
  }
  const message = await models.Message.findOne({ ...filter, _id: around }, NOT_SHOWN).lean<MessageRow>();
  if (!message) throw notFound();
  const earlier = await read(positionOf('before', message), true, Math.floor(limit / 2));
  const later = await read(positionOf('after', message), false, limit - 1 - earlier.rows.length);
  return pageOf([...earlier.rows.reverse(), message, ...later.rows], earlier.isMore, later.isMore);
}

function pageOf(rows: MessageRow[], isEarlier: boolean, isLater: boolean): MessagePage {
  const [first, last] = [rows.at(0), rows.at(-1)];
  return {
    rows,
    previous_cursor: first && isEarlier ? encodeCursor(positionOf('before', first)) : null,
    next_cursor: last && isLater ? encodeCursor(positionOf('after', last)) : null,
  };
}

const positionOf = (way: Position[0], { created_at, _id }: MessageRow): Position => [
  way,
  created_at.getTime(),
  _id,
];

/** A stretch ends after `PAGE_BYTES`, even below its number. */
async function stretch(
  models: Models,
  filter: object,
  position: Position | null,
  isBack: boolean,
  count: number,
): Promise<Stretch> {
  const [order, under] = isBack ? ([-1, '$lt'] as const) : ([1, '$gt'] as const);
  const found = models.Message.find(
    (position ? { $and: [filter, beyond(position, under)] } : filter) as QueryFilter<MessageRow>,
    NOT_SHOWN,
  )
    .sort({ created_at: order, _id: order })
    .limit(count + 1)
    .lean<MessageRow[]>()
    .cursor();
  const rows: MessageRow[] = [];
  let bytesRead = 0;
  for await (const row of found as AsyncIterable<MessageRow>) {
    if (rows.length === count || bytesRead > PAGE_BYTES) return { rows, isMore: true };
    rows.push(row);
    bytesRead += row.text.length + (row.html?.length ?? 0);
  }
  return { rows, isMore: false };
}

/** The first condition bounds the scan of the index; `$or` chooses among the rows of that millisecond. */
function beyond([, ms, id]: Position, under: '$lt' | '$gt'): object {
  const time = new Date(ms);
  return {
    created_at: { [`${under}e`]: time },
    $or: [{ created_at: { [under]: time } }, { _id: { [under]: id } }],
  };
}
