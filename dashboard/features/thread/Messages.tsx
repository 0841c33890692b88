import { useEffect, useMemo, useState } from 'react';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { usePeople } from '../../lib/people.ts';
import type { Thread } from '../../lib/rows.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Article } from './Article.tsx';
import { Fold } from './Fold.tsx';
import { HistoryItem } from './HistoryItem.tsx';
import { NewBelow } from './NewBelow.tsx';
import { folded, isKept, timeline } from './timeline.ts';
import { useMarkRead } from './useMarkRead.ts';
import { useMessages } from './useMessages.ts';
import { useOpened } from './useOpened.ts';
import { useStay } from './useStay.ts';

interface Props {
  workspace: string;
  thread: Thread;
  /** The message at which a link opens the thread. */
  at: string | null;
}

/** The messages of a thread and what was done between them, oldest first. */
export function Messages({ workspace, thread, at }: Props) {
  const now = useNow(30_000);
  const people = usePeople(workspace);
  const { query, messages, history } = useMessages(workspace, thread, at);
  const [unfolded, setUnfolded] = useState(false);
  const { open, toggle, first } = useOpened(thread, messages, people.me, at);
  const { attach, show, count } = useStay(messages, at ?? first);
  useMarkRead(workspace, thread, messages);
  const { hasNextPage, isFetchingNextPage, fetchNextPage, hasPreviousPage } = query;
  const items = useMemo(() => {
    const entries = timeline(messages.filter(isKept), history, !hasPreviousPage);
    return unfolded ? entries.map((row) => ({ row })) : folded(entries, open);
  }, [messages, history, hasPreviousPage, open, unfolded]);
  useEffect(() => {
    // What has come since the first page was read belongs to the end.
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (query.isPending) return <Bones rows={3} height={140} />;
  if (query.isError && messages.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={attach}
        // What scrolls must be reached by keys; browsers differ in doing it themselves.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        data-scrolls
        role="group"
        aria-label={words.thread.messages}
        className="h-full overflow-auto px-7 py-5 outline-offset-[-2px] max-[720px]:p-3 print:overflow-visible"
      >
        <div className="mx-auto grid max-w-[760px] grid-cols-1 gap-3">
          {hasPreviousPage && (
            <Fold text={words.thread.loadEarlier} onClick={() => void query.fetchPreviousPage()} />
          )}
          {messages.length === 0 && <p className="p-8 text-center text-fg-3">{words.thread.empty}</p>}
          {items.map((item) => {
            if ('fold' in item)
              return (
                <Fold
                  key={`fold-${item.fold[0]!.id}`}
                  text={words.thread.earlier(item.fold.filter(({ message }) => message).length)}
                  onClick={() => setUnfolded(true)}
                />
              );
            const { message, change } = item.row;
            if (change) return <HistoryItem key={change.id} line={change} people={people} now={now} />;
            return (
              <div key={message!.id} className="grid grid-cols-1 gap-3">
                {message!.id === first && <Fold accent text={words.thread.newMark} />}
                <Article
                  workspace={workspace}
                  thread={thread}
                  message={message!}
                  people={people}
                  now={now}
                  isOpen={open.has(message!.id)}
                  onToggle={toggle}
                />
              </div>
            );
          })}
        </div>
      </div>
      <NewBelow count={count} onShow={show} />
    </div>
  );
}
