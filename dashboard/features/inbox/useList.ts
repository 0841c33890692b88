import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Thread } from '../../lib/rows.ts';
import type { ThreadFilter } from '../../lib/views.ts';
import { besideOf, between } from './order.ts';
import { threadsQuery } from './threads.ts';
import { useSteady } from './useSteady.ts';

const NONE: ReadonlySet<string> = new Set();
const NO_ROWS: Thread[] = [];

/** A list as it is shown: its rows in a steady order, what is chosen, and where the keyboard is. */
export function useList(workspace: string, filter: ThreadFilter, sort: string) {
  const query = useInfiniteQuery(threadsQuery(workspace, filter, sort));
  const [held, setHeld] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const [picked, setPicked] = useState(NONE);
  const [lastChosen, setLastChosen] = useState<string | null>(null);
  const { rows, gone, waiting } = useSteady(query.data ?? NO_ROWS, held);
  const ids = rows.map(({ id }) => id);
  // Where the row of the keyboard is, or was: a colleague may take it out of the list.
  const [place, setPlace] = useState(-1);
  const at = active === null ? -1 : ids.indexOf(active);
  if (at !== -1 && at !== place) setPlace(at);
  // What left the list is no longer chosen: an act on what is not seen would surprise.
  const chosen = picked.size === 0 ? NONE : new Set(ids.filter((id) => picked.has(id) && !gone.has(id)));

  const choose = (id: string, range: boolean) => {
    const wanted = range ? between(ids, lastChosen, id) : [id];
    const add = range || !picked.has(id);
    setLastChosen(id);
    setPicked((before) => {
      const after = new Set(before);
      for (const each of wanted) if (add) after.add(each);
      if (!add) after.delete(id);
      return after;
    });
  };
  return {
    rows,
    gone,
    waiting,
    active,
    chosen,
    query,
    /** While it is held no row moves. */
    hold: setHeld,
    /** Shows what waits. */
    release: () => setHeld(false),
    /** Where the keyboard would be after one step. */
    beside: (direction: 1 | -1): Thread | null => {
      const id = active === null ? ids[0] : ids[besideOf({ at, place }, direction)];
      return rows.find((row) => row.id === id) ?? null;
    },
    /** The row to go to when these leave. */
    after: (leaving: ReadonlySet<string>, from: string | null): Thread | null => {
      const staying = ids.filter((id) => !leaving.has(id) && !gone.has(id));
      const left = from === null ? -1 : ids.indexOf(from);
      const next = ids.slice(left + 1).find((id) => staying.includes(id)) ?? staying.at(-1) ?? null;
      return rows.find(({ id }) => id === next) ?? null;
    },
    activate: setActive,
    choose,
    chooseAll: () => setPicked(new Set(ids)),
    chooseNone: () => setPicked(NONE),
  };
}
export type ListState = ReturnType<typeof useList>;
