/**
 * The order in which rows are shown while they change. A row must not move from under the pointer: as long as the list is
 * held, shown rows stay in their places, those that left the list stay (as gone), and new ones wait above. Pure.
 */
export interface Shown<Row> {
  rows: Row[];
  /** Ids of rows that are no longer in the list, but still in their place. */
  gone: ReadonlySet<string>;
  /** How many new rows wait to be shown. */
  waiting: number;
}

interface Identified {
  id: string;
}

/**
 * @param shown what is on the screen
 * @param fresh what the list is now, in its order
 * @param held whether the agent is about to click something in it
 */
export function arrange<Row extends Identified>(
  shown: readonly Row[],
  fresh: readonly Row[],
  held: boolean,
): Shown<Row> {
  if (!held || shown.length === 0) return { rows: [...fresh], gone: new Set(), waiting: 0 };
  const now = new Map(fresh.map((row) => [row.id, row]));
  const places = new Set(shown.map(({ id }) => id));
  const rows = shown.map((row) => now.get(row.id) ?? row);
  const last = fresh.findLastIndex(({ id }) => places.has(id));
  // Behind the last shown row is the next page: it moves nothing.
  const above = fresh.slice(0, last + 1).filter(({ id }) => !places.has(id));
  const below = fresh.slice(last + 1).filter(({ id }) => !places.has(id));
  return {
    rows: last === -1 ? rows : [...rows, ...below],
    gone: new Set(shown.filter(({ id }) => !now.has(id)).map(({ id }) => id)),
    waiting: last === -1 ? fresh.length : above.length,
  };
}

/** Rows from the one chosen before to this one, for shift and click. */
export function between(ids: readonly string[], from: string | null, to: string): string[] {
  const [a, b] = [from === null ? -1 : ids.indexOf(from), ids.indexOf(to)];
  if (a === -1 || b === -1) return [to];
  return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/**
 * The index of the row beside the one that the keyboard is on.
 * @param at its index; -1: it has left the list, and the row behind it is in its `place` now
 */
export const besideOf = ({ at, place }: { at: number; place: number }, direction: 1 | -1): number =>
  at === -1 ? Math.max(0, direction === 1 ? place : place - 1) : at + direction;
