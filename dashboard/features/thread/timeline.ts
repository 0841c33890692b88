/** Messages and history in one order, and what of it is folded. Pure. */
interface MessageLike {
  id: string;
  created_at: string;
}
interface ChangeLike {
  id: string;
  at: string;
}

interface Sent {
  state: string;
  send_at?: string | null | undefined;
  reason?: string | null | undefined;
}

/** A message, or something that was done. */
export interface Entry<Message, Change> {
  id: string;
  at: string;
  message: Message | null;
  change: Change | null;
}

/**
 * Merges two lists that are each oldest first; of the same moment the message comes first.
 * @param allLoaded whether the first message is there; else older history waits until it is
 */
export function timeline<Message extends MessageLike, Change extends ChangeLike>(
  messages: readonly Message[],
  changes: readonly Change[],
  allLoaded: boolean,
): Entry<Message, Change>[] {
  const from = allLoaded ? '' : (messages[0]?.created_at ?? '');
  const entries: Entry<Message, Change>[] = [
    ...messages.map((message) => ({ id: message.id, at: message.created_at, message, change: null })),
    ...changes
      .filter(({ at }) => at >= from)
      .map((change) => ({ id: change.id, at: change.at, message: null, change })),
  ];
  return entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export type Item<Row> = { fold: Row[] } | { row: Row };

/**
 * Runs of closed messages are folded into one line until that is opened, with the history between them. A single one
 * stays: its own line is no longer.
 */
export function folded<Message extends MessageLike, Change extends ChangeLike>(
  entries: readonly Entry<Message, Change>[],
  open: ReadonlySet<string>,
): Item<Entry<Message, Change>>[] {
  const items: Item<Entry<Message, Change>>[] = [];
  let run: Entry<Message, Change>[] = [];
  const end = () => {
    const count = run.filter(({ message }) => message).length;
    if (count > 1) items.push({ fold: run });
    else items.push(...run.map((row) => ({ row })));
    run = [];
  };
  for (const entry of entries) {
    const isClosed = entry.message ? !open.has(entry.id) : run.length > 0;
    if (isClosed) run.push(entry);
    else {
      const trailing = run.splice(run.findLastIndex(({ message }) => message) + 1);
      end();
      items.push(...trailing.map((row) => ({ row })), { row: entry });
    }
  }
  end();
  return items;
}

/**
 * An answer that its author undid at once is a draft again: nothing of it stands in the thread. One that was
 * taken back later stands there, and so does one that was not sent for another reason.
 */
export const isKept = ({ state, send_at, reason }: Sent): boolean =>
  state !== 'cancelled' || send_at != null || reason != null;
