import { useState } from 'react';
import { arrange, type Shown } from './order.ts';

interface State<Row> {
  fresh: readonly Row[];
  held: boolean;
  shown: Shown<Row>;
}

/** Rows in an order that is steady while the list is held. */
export function useSteady<Row extends { id: string }>(fresh: readonly Row[], held: boolean): Shown<Row> {
  const [state, setState] = useState<State<Row>>(() => ({ fresh, held, shown: arrange([], fresh, held) }));
  if (state.fresh === fresh && state.held === held) return state.shown;
  const next = { fresh, held, shown: arrange(state.shown.rows, fresh, held) };
  // Derived while rendering, so that no frame shows the rows in another order.
  setState(next);
  return next.shown;
}
