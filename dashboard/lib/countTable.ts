export interface Count {
  total: number;
  unread: number;
  /** There are more. */
  capped?: boolean;
}
/** By the id of a view of the sidebar; `tag:<tag>` and `view:<id>` too. */
export type Counts = Record<string, Count | undefined>;

/** One table of all numbers. Pure. */
export function flat(answer: object): Counts {
  const counts: Counts = {};
  for (const [name, value] of Object.entries(answer)) {
    if (isCount(value)) counts[name] = value;
    else if (name === 'views' || name === 'tags')
      for (const [id, count] of Object.entries(value as object)) {
        const key = `${name.slice(0, -1)}:${id}`;
        counts[key] = isCount(count) ? count : { total: Number(count), unread: 0 };
      }
  }
  return counts;
}

const isCount = (value: unknown): value is Count =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Count>).total === 'number';
