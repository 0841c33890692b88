import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Guard } from '../../components/Guard.tsx';
import { useIntent } from '../../lib/intents.ts';
import { usePeople } from '../../lib/people.ts';
import type { Kind, Message } from '../../lib/rows.ts';
import { messagesQuery, threadQuery } from '../../lib/threadQueries.ts';
import { isBlank, slotOf, type Mode, type Slot } from './draft.ts';
import { Modes, SaveLine } from './Modes.tsx';
import { emailsQuery } from '../../lib/emails.ts';
import { snippetsQuery } from '../../lib/snippets.ts';
import { useDraft } from './useDraft.ts';
import { useStart } from './useStart.ts';

/** The editor is fetched when the page rests: it is there before anybody answers. */
const load = () => import('./Box.tsx');
const Box = lazy(load);
const PRELOAD_MS = 300;

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}
const NONE: Message[] = [];

/** The place where the open thread is answered. An answer and a note have each their own draft and their own box. */
export function Composer({ workspace, kind, id }: Props) {
  const ref = { kind, id };
  const { data: thread } = useQuery(threadQuery(workspace, ref));
  const { data: pages } = useInfiniteQuery(messagesQuery(workspace, ref, null));
  const messages = pages?.pages.flatMap(({ data }) => data) ?? NONE;
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  usePeople(workspace);
  // Asked for early: a snippet may be wanted with the first key.
  useQuery(snippetsQuery(workspace));
  const drafts = {
    reply: useDraft(workspace, { thread: ref, slot: 'reply' }),
    note: useDraft(workspace, { thread: ref, slot: 'note' }),
  };
  const [slot, setSlot] = useState<Slot | null>(null);
  const [isPutAside, setPutAside] = useState(false);
  const [asked, setAsked] = useState(0);
  const start = useStart(workspace, thread, messages, emails);
  useEffect(() => {
    const timer = setTimeout(() => void load(), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);

  const open = (mode: Mode, messageId?: string) => {
    const wanted = slotOf(mode);
    const { keeper } = drafts[wanted];
    if (keeper.isSending) return keeper.whenSent(() => open(mode, messageId));
    start(keeper, mode, messageId);
    setSlot(wanted);
    setAsked((before) => before + 1);
  };
  useIntent('compose', ({ mode, messageId }) => open(mode, messageId));
  useIntent('takenBack', ({ thread: other, draft }) => {
    if (other.id !== id) return;
    const row = draft as Parameters<typeof drafts.reply.keeper.adopt>[0] | null;
    const { keeper } = drafts[row?.kind === 'note' ? 'note' : 'reply'];
    if (row && keeper.state.draft === null) keeper.adopt(row);
    setSlot(row?.kind === 'note' ? 'note' : 'reply');
    setAsked((before) => before + 1);
  });

  // What was begun before is there again.
  const begun = (['reply', 'note'] as const).find((each) => {
    const { draft } = drafts[each];
    return draft !== null && !isBlank(draft);
  });
  const shown = slot ?? (isPutAside ? null : (begun ?? null));
  const draft = shown === null ? null : drafts[shown].draft;
  const modes = <Modes mode={draft?.mode ?? null} begun={begunIn(drafts)} onMode={open} />;
  const close = () => {
    setSlot(null);
    setAsked(0);
    setPutAside(true);
  };
  if (thread?.deleted_at !== null) return null;
  return (
    <div className="max-h-[75%] shrink-0 overflow-auto border-t border-line px-7 pt-3 pb-4 max-[720px]:p-2 print:hidden">
      {shown === null || draft === null ? (
        <div className="mx-auto max-w-[760px] rounded-big border border-line">{modes}</div>
      ) : (
        <Guard>
          <Suspense
            fallback={
              <div className="mx-auto h-60 max-w-[760px] rounded-big border border-line">{modes}</div>
            }
          >
            <Box
              key={shown}
              workspace={workspace}
              place={{ thread: ref, slot: shown }}
              thread={thread}
              messages={messages}
              keeper={drafts[shown].keeper}
              draft={draft}
              asked={asked}
              head={
                <div className="flex flex-wrap items-center justify-between @min-[480px]:flex-nowrap">
                  {modes}
                  <SaveLine save={drafts[shown].save} />
                </div>
              }
              onClose={close}
              onSent={() => {
                setSlot(null);
                setAsked(0);
              }}
            />
          </Suspense>
        </Guard>
      )}
    </div>
  );
}

const begunIn = (drafts: Record<Slot, { draft: Parameters<typeof isBlank>[0] | null }>): ReadonlySet<Slot> =>
  new Set(
    (['reply', 'note'] as const).filter(
      (each) => drafts[each].draft !== null && !isBlank(drafts[each].draft),
    ),
  );
