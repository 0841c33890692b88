import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import type { Thread } from '../../lib/rows.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Row } from './Row.tsx';
import type { ListState } from './useList.ts';
import { useNear } from './useNear.ts';

const ROW_PX = 68;
/** Rows kept beyond what is seen. */
const OVERSCAN = 8;
/** The next page is fetched when so many rows are left. */
const AHEAD = 20;

interface Props {
  workspace: string;
  list: ListState;
  me: string;
  openId: string | null;
  empty: ReactNode;
  onOpen: (thread: Thread) => void;
}

/** The rows of a list, windowed: ten thousand cost no more than fifty. */
export function ThreadList({ workspace, list, me, openId, empty, onOpen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(30_000);
  const onNear = useNear(workspace);
  const { rows, gone, waiting, active, chosen, query } = list;
  // eslint-disable-next-line react-hooks/incompatible-library -- React Compiler is not used
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => rows[index]!.id,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - AHEAD) void fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const at = rows.findIndex(({ id }) => id === active);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  if (query.isPending) return <Bones />;
  if (query.isError && rows.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (rows.length === 0)
    return (
      <div className="flex flex-1">
        {/* The list is there all the same: who looks for it by its name finds that it has no rows. */}
        <div role="listbox" aria-label={words.list.threads} />
        {empty}
      </div>
    );
  return (
    <div className="relative min-h-0 flex-1">
      {waiting > 0 && (
        <button
          type="button"
          onClick={list.release}
          className="absolute top-2 left-1/2 z-10 -translate-x-1/2 rounded-full bg-accent px-3 py-1 text-s font-medium text-accent-fg shadow-float"
        >
          {words.list.newAbove(waiting)}
        </button>
      )}
      <div
        ref={scroller}
        role="listbox"
        aria-label={words.list.threads}
        aria-multiselectable
        aria-activedescendant={items.some(({ index }) => index === at) ? `row-${active}` : undefined}
        tabIndex={0}
        onPointerEnter={() => list.hold(true)}
        onPointerMove={() => list.hold(true)}
        onPointerLeave={() => list.hold(false)}
        onFocus={() => {
          // The keyboard is on a row: that is what is marked.
          if (active === null && rows[0]) list.activate(openId ?? rows[0].id);
        }}
        className="group/list h-full overflow-auto outline-none [overflow-anchor:none]"
      >
        <div role="presentation" style={{ height: virtual.getTotalSize() }} className="relative">
          {items.map(({ index, start, key }) => {
            const thread = rows[index]!;
            return (
              <div
                key={key}
                role="presentation"
                style={{ transform: `translateY(${start}px)` }}
                className="absolute inset-x-0 top-0"
              >
                <Row
                  thread={thread}
                  me={me}
                  now={now}
                  isOpen={thread.id === openId}
                  isActive={thread.id === active}
                  isChosen={chosen.has(thread.id)}
                  isChoosing={chosen.size > 0}
                  isGone={gone.has(thread.id)}
                  onOpen={(row, event) =>
                    event.shiftKey || event.metaKey || event.ctrlKey || (chosen.size > 0 && event.isTouch)
                      ? list.choose(row.id, event.shiftKey)
                      : onOpen(row)
                  }
                  onChoose={(row, shift) => list.choose(row.id, shift)}
                  onNear={onNear}
                />
              </div>
            );
          })}
        </div>
        <p className="p-4 text-center text-s text-fg-3">
          {isFetchingNextPage ? words.list.more : hasNextPage ? null : words.list.end}
        </p>
      </div>
    </div>
  );
}
