import { useCallback, useMemo, useState } from 'react';
import type { Message, Thread } from '../../lib/rows.ts';
import { firstUnread, openAtFirst } from './reading.ts';
import { lastSeenIn } from './seen.ts';

interface Start {
  /** Where reading begins; null: nothing is unread. */
  first: string | null;
  open: ReadonlySet<string>;
  /** The newest message then: later ones are open when they come, those before it that are loaded later are not. */
  newest: string;
}
const NONE: ReadonlySet<string> = new Set();

/** Which messages are open: decided once when the thread is opened, then by the agent. */
export function useOpened(thread: Thread, messages: readonly Message[], me: string, at: string | null) {
  const [start, setStart] = useState<Start | null>(null);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  if (start === null && messages.length > 0) {
    const reader = { unread: thread.unread, me, lastSeen: lastSeenIn(thread.id) };
    const first = firstUnread(messages, reader);
    setStart({ first, open: openAtFirst(messages, at ?? first), newest: messages.at(-1)!.created_at });
  }
  const open = useMemo(() => {
    if (start === null) return NONE;
    // What was taken back is a draft again: here it is a line.
    const isOpen = ({ id, created_at, state }: Message) =>
      toggled.get(id) ?? (state !== 'cancelled' && (start.open.has(id) || created_at > start.newest));
    return new Set(messages.filter(isOpen).map(({ id }) => id));
  }, [messages, start, toggled]);
  const toggle = useCallback(
    (id: string) => setToggled((before) => new Map(before).set(id, !open.has(id))),
    [open],
  );
  return { open, toggle, first: start?.first ?? null };
}
