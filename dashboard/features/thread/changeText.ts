import { changeThreads, type Change } from '../../lib/change.ts';
import type { Thread } from '../../lib/rows.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';

type NameOf = (id: string | null) => string | null;

/** Changes the open thread, and says so in a toast that takes it back. */
export function change(workspace: string, thread: Thread, wanted: Change, nameOf?: NameOf): void {
  const fields = Object.keys(wanted) as (keyof Change)[];
  // What is chosen again changes nothing, and says nothing.
  if (fields.every((field) => JSON.stringify(thread[field]) === JSON.stringify(wanted[field]))) return;
  changeThreads(workspace, [thread], wanted, sentenceOf(wanted, nameOf));
}

/** What a toast says of a change. Pure. */
function sentenceOf(wanted: Change, nameOf?: NameOf): string {
  const { thread } = words;
  const { done } = thread;
  if (wanted.status === 'closed') return done.closed;
  if (wanted.status === 'pending') return done.pending;
  if (wanted.status === 'open') return done.reopened;
  if (wanted.agent_id === null) return done.unassigned;
  if (wanted.agent_id !== undefined) return done.assigned(nameOf?.(wanted.agent_id) ?? thread.someone);
  if (wanted.priority !== undefined) return done.priority(thread.priority[wanted.priority]);
  if (wanted.tags !== undefined) return done.tags;
  if (wanted.spam !== undefined) return wanted.spam ? done.spam : done.notSpam;
  if (wanted.snoozed_until === null) return done.woken;
  if (wanted.snoozed_until !== undefined) return done.snoozed(moment(wanted.snoozed_until, new Date()));
  return done.subject;
}
