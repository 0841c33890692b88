import type { HistoryRow } from '../../infra/models/index.ts';
import { SYSTEM, type Act, type Actor, type LastChange } from '../../infra/models/history.ts';
import { hashOf } from '../../lib/ids.ts';
import { updated, markOf, type RowChange } from './changes.ts';

/** Kind of the threads in a collection. */
export const THREAD_KINDS: Record<string, HistoryRow['thread_kind']> = {
  tickets: 'ticket',
  conversations: 'conversation',
};

/**
 * The lines that a change of a thread adds to its history. Pure: the same change always gives the same ids.
 * Somebody's change brings what it did (`last_change`); a thread that mail or a failed delivery has opened
 * says so by its fields.
 */
export function historyOf(change: RowChange): HistoryRow[] {
  if (change.ns.coll === 'messages') return noteHistoryOf(change);
  const thread_kind = THREAD_KINDS[change.ns.coll];
  const { workspace_id, audience, reopened_by } = change.fullDocument ?? {};
  if (!thread_kind || !workspace_id || audience === undefined) return [];
  const thread_id = change.documentKey._id;
  const newRow = (mark: unknown, act: Act, actor: Actor, created_at: Date): HistoryRow => ({
    _id: hashOf('history', thread_id, mark),
    workspace_id,
    audience,
    thread_kind,
    thread_id,
    actor,
    ...act,
    created_at,
  });
  const done = lastChangeIn(change);
  if (done) return done.acts.map((act, place) => newRow([done.n, place], act, done.actor, done.at));
  return actsOfMail(change).map((act) =>
    newRow([act.action, ...markOf(change)], act, actorOf(reopened_by), change.wallTime ?? new Date()),
  );
}

/** Only its author changes or deletes a note. */
function noteHistoryOf(change: RowChange): HistoryRow[] {
  const { edited_at, state } = updated(change);
  const { workspace_id, audience, thread_kind, thread_id, author_id, direction } = change.fullDocument ?? {};
  if (direction !== 'note' || !(edited_at instanceof Date)) return [];
  if (!workspace_id || !thread_kind || thread_id === undefined || audience === undefined) return [];
  const note = change.documentKey._id;
  return [
    {
      _id: hashOf('history', note, edited_at),
      workspace_id,
      audience,
      thread_kind,
      thread_id,
      actor: { kind: 'user', id: author_id ?? null },
      action: state === 'cancelled' ? 'note_deleted' : 'note_edited',
      from: null,
      to: note,
      created_at: edited_at,
    },
  ];
}

/** What somebody did with this change; null when nobody did it. */
export function lastChangeIn(change: RowChange): LastChange | null {
  if (change.operationType === 'insert') return change.fullDocument?.last_change ?? null;
  return (updated(change).last_change as LastChange | null | undefined) ?? null;
}

function actsOfMail(change: RowChange): Act[] {
  if (change.operationType === 'insert') return [];
  const acts: Act[] = [];
  if (updated(change).status === 'open') acts.push({ action: 'status', from: 'closed', to: 'open' });
  if (change.updateDescription?.removedFields?.includes('deleted_at'))
    acts.push({ action: 'restore', from: null, to: null });
  return acts;
}

/** `reopened_by` of a thread: `contact:<id>` or `user:<id>`; null: nobody. */
function actorOf(reopenedBy: string | null | undefined): Actor {
  const [, kind, id] = /^(contact|user):(.*)$/.exec(reopenedBy ?? '') ?? [];
  return kind ? { kind: kind as 'contact' | 'user', id: id! } : SYSTEM;
}
