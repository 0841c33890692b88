/** Where a thread is opened, and what of it is open at first. Pure. */
export interface Told {
  id: string;
  direction: 'inbound' | 'outbound' | 'note';
  author_id: string | null;
}

interface Reader {
  /** Whether the server says that there is news. */
  unread: boolean;
  me: string;
  /** Id of the newest message when the thread was last seen in this browser. */
  lastSeen: string | null;
}

/**
 * The message at which reading goes on. The server says only that there is news, so this browser remembers what was seen
 * here; without that, what came after my own last word is new.
 * @returns null: nothing is unread
 */
export function firstUnread(messages: readonly Told[], { unread, me, lastSeen }: Reader): string | null {
  if (!unread) return null;
  const isMine = ({ author_id }: Told) => author_id === me;
  const known = Math.max(
    messages.findLastIndex(isMine),
    messages.findIndex(({ id }) => id === lastSeen),
  );
  const news = messages.slice(known + 1).find((message) => !isMine(message));
  // Marked as unread by hand: the last message of somebody else.
  return (news ?? messages.findLast((message) => !isMine(message)))?.id ?? null;
}

/** How many of the read messages before the first unread one stay open, so that an answer has its question. */
const CONTEXT = 1;
const UNDECIDED = new Set(['queued', 'scheduled', 'sending', 'unconfirmed', 'failed']);

/**
 * Which messages are open at first: from the first unread one on, the one before it, the newest, and what goes out and has
 * not arrived, which wants to be seen.
 */
export function openAtFirst(
  messages: readonly (Told & { state: string })[],
  first: string | null,
): Set<string> {
  const at = messages.findIndex(({ id }) => id === first);
  const from = at === -1 ? messages.length - 1 : at;
  const open = new Set(messages.slice(Math.max(0, from - CONTEXT)).map(({ id }) => id));
  for (const { id, state } of messages) if (UNDECIDED.has(state)) open.add(id);
  return open;
}
