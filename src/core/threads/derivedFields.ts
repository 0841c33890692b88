import { PRIORITIES, type ThreadRow } from '../../infra/models/thread.ts';

/** The fields that follow from a new status and priority. Every change of these sets them too. */
export function derivedFields(
  { status, priority }: Partial<Pick<ThreadRow, 'status' | 'priority'>>,
  at: Date,
): Partial<ThreadRow> {
  return {
    ...(priority && { priority_rank: PRIORITIES.indexOf(priority) }),
    // Mail reopens a thread that was closed before the mail came, so the time of closing must match the status.
    ...(status && { closed_at: status === 'closed' ? at : null }),
    // Who closes a thread has answered its mail, or says that it needs no answer.
    // It needs no reminder either.
    ...(status === 'closed' && {
      settled_at: at,
      waiting_since: null,
      snoozed_until: null,
      snoozed_by: null,
    }),
  };
}
