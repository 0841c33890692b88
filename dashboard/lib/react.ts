import { keys } from './keys.ts';
import type { LiveEvent } from './live.ts';
import type { Kind } from './rows.ts';

/** Which of what was read may be out of date after some events. Pure. */
export function staleAfter(workspace: string, events: readonly LiveEvent[]): (readonly unknown[])[] {
  const stale = new Map<string, readonly unknown[]>();
  const add = (key: readonly unknown[]) => void stale.set(JSON.stringify(key), key);
  for (const { type, data } of events) {
    const [thing] = type.split('.');
    const thread = threadOf(type, data);
    if (thread) {
      add(keys.threads(workspace));
      add(keys.counts(workspace));
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
    if (thing === 'draft' || thing === 'message') add(keys.counts(workspace));
  }
  return [...stale.values()];
}

function threadOf(
  type: string,
  { id, ticket_id, conversation_id }: LiveEvent['data'],
): { kind: Kind; id: string } | null {
  if (ticket_id) return { kind: 'ticket', id: ticket_id };
  if (conversation_id) return { kind: 'conversation', id: conversation_id };
  const [thing] = type.split('.');
  return (thing === 'ticket' || thing === 'conversation') && id !== undefined ? { kind: thing, id } : null;
}
