/** A list of threads of which only the first page was read again. Pure. */
interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}
interface Ordered {
  id: string;
  priority: string;
  last_message_at: string;
  created_at: string;
  waiting_since: string | null;
}

const RANKS = ['low', 'normal', 'high', 'urgent'];

/** By what rows are ordered: larger is later. */
function placeOf(row: Ordered, sort: string): string | number {
  switch (sort.replace('-', '')) {
    case 'priority':
      return RANKS.indexOf(row.priority);
    case 'waiting_since':
      return row.waiting_since ?? '';
    case 'created_at':
      return row.created_at;
    default:
      return row.last_message_at;
  }
}

/** Whether a row may stand behind another one. */
function isBehind(row: Ordered, other: Ordered, sort: string): boolean {
  const [a, b] = [placeOf(row, sort), placeOf(other, sort)];
  return sort.startsWith('-') ? a <= b : a >= b;
}

/**
 * Rows that were loaded behind the first page stay, also those that were pushed out of it; a row that should stand in it and
 * does not has left the list. The cursor at the end holds: it is a place in the order.
 */
export function withFirst<Row extends Ordered>(
  pages: readonly Page<Row>[],
  first: Page<Row>,
  sort: string,
): Page<Row>[] {
  const last = first.data.at(-1);
  if (pages.length < 2 || first.next_cursor === null || last === undefined) return [first];
  const fresh = new Set(first.data.map(({ id }) => id));
  const behind = pages
    .flatMap(({ data }) => data)
    .filter((row) => !fresh.has(row.id) && isBehind(row, last, sort));
  return [first, { data: behind, next_cursor: pages.at(-1)!.next_cursor }];
}
