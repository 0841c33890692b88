import { keys } from './keys.ts';
import type { LiveEvent } from './live.ts';
import type { ThreadRef } from './rows.ts';

/** Which threads some events are about; lists have them. Pure. */
export function threadsIn(events: readonly LiveEvent[]): ThreadRef[] {
  const threads = events.flatMap((event) => (isKept(event) ? (threadOf(event) ?? []) : []));
  return [...new Map(threads.map((ref) => [ref.id, ref])).values()];
}

/** What else was read that may be out of date after some events. Pure. */
export function staleAfter(workspace: string, events: readonly LiveEvent[]): (readonly unknown[])[] {
  const stale = new Map<string, readonly unknown[]>();
  const add = (key: readonly unknown[]) => void stale.set(JSON.stringify(key), key);
  for (const event of events.filter(isKept)) {
    const { type, data } = event;
    const [thing] = type.split('.');
    const thread = threadOf(event);
    if (thread) {
      add(keys.thread(workspace, thread.kind, thread.id));
      add(keys.history(workspace, thread.kind, thread.id));
      if (!type.endsWith('.updated') || thing === 'message')
        add(keys.messages(workspace, thread.kind, thread.id));
    }
    if (thing === 'message') add(keys.outbox(workspace));
    if (thing === 'contact' && data.id !== undefined) add(keys.contact(workspace, data.id));
    if (thing === 'notification') add(keys.notifications(workspace));
    if (thing === 'draft') add(keys.drafts(workspace));
    if (thing === 'email') add(keys.emails(workspace));
    if (thing === 'draft') add(keys.counts(workspace));
  }
  return [...stale.values()];
}

/** Presence and read state say all themselves: nothing is read because of them. */
const isKept = ({ type }: LiveEvent): boolean => type !== 'thread.presence' && type !== 'thread.read';

/** The thread that an event is about. Pure. */
export function threadOf({ type, data: { id, ticket_id, conversation_id } }: LiveEvent): ThreadRef | null {
  if (ticket_id) return { kind: 'ticket', id: ticket_id };
  if (conversation_id) return { kind: 'conversation', id: conversation_id };
  const [thing] = type.split('.');
  return (thing === 'ticket' || thing === 'conversation') && id !== undefined ? { kind: thing, id } : null;
}
