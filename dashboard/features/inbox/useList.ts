import { useInfiniteQuery, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Thread } from '../../lib/rows.ts';
import { arrange, between } from './order.ts';
import { threadsQuery } from './threads.ts';
import type { ThreadFilter } from './views.ts';

/** A list as it is shown: its rows in a steady order, what is chosen, and where the keyboard is. */
export interface ListState {
  rows: Thread[];
  gone: ReadonlySet<string>;
  waiting: number;
  active: string | null;
  chosen: ReadonlySet<string>;
  query: UseInfiniteQueryResult<Thread[]>;
  /** While it is held no row moves. */
  hold: (held: boolean) => void;
  /** Shows what waits. */
  release: () => void;
  /** Moves the keyboard by one row. @returns the row that it is on now */
  step: (direction: 1 | -1) => Thread | null;
  activate: (id: string | null) => void;
  choose: (id: string, range: boolean) => void;
  chooseNone: () => void;
}

const NONE: ReadonlySet<string> = new Set();

export function useList(workspace: string, filter: ThreadFilter, sort: string): ListState {
  const query = useInfiniteQuery(threadsQuery(workspace, filter, sort));
  const [held, setHeld] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const [chosen, setChosen] = useState(NONE);
  const lastChosen = useRef<string | null>(null);
  const shown = useRef<Thread[]>([]);
  const fresh = query.data;
  const { rows, gone, waiting } = useMemo(() => arrange(shown.current, fresh ?? [], held), [fresh, held]);
  shown.current = rows;
  const ids = useMemo(() => rows.map(({ id }) => id), [rows]);

  const step = useCallback(
    (direction: 1 | -1): Thread | null => {
      const next = active === null ? ids[0] : (ids[ids.indexOf(active) + direction] ?? active);
      setActive(next ?? null);
      return shown.current.find(({ id }) => id === next) ?? null;
    },
    [active, ids],
  );
  const choose = useCallback(
    (id: string, range: boolean) => {
      const wanted = range ? between(ids, lastChosen.current, id) : [id];
      lastChosen.current = id;
      setChosen((before) => {
        const after = new Set(before);
        const add = range || !before.has(id);
        for (const each of wanted) if (add) after.add(each);
        if (!add) after.delete(id);
        return after;
      });
    },
    [ids],
  );
  return {
    rows,
    gone,
    waiting,
    active,
    chosen,
    query,
    hold: setHeld,
    release: () => setHeld(false),
    step,
    activate: setActive,
    choose,
    chooseNone: () => setChosen(NONE),
  };
}
