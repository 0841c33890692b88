import type { Model } from 'mongoose';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';

/** Tickets or conversations, as threads. */
export const threadsOf = (models: Models, kind: MessageRow['thread_kind']): Model<ThreadRow> =>
  (kind === 'ticket' ? models.Ticket : models.Conversation) as unknown as Model<ThreadRow>;

/** Projection without the long lists that the API never shows. */
export const WITHOUT_LISTS = { people: 0, words: 0 } as const;

/**
 * Why lists leave a thread out. A merged thread is in no list, one in the trash only in the list of the
 * trash.
 */
export function hiddenFor(row: Pick<ThreadRow, 'merged_into' | 'deleted_at' | 'spam'>): ThreadRow['hidden'] {
  if (row.merged_into !== undefined) return 'merged';
  if (row.deleted_at !== undefined) return 'trash';
  return row.spam ? 'spam' : null;
}

/**
 * Filter of a thread that has not changed since it was read: every visible change alters one of the three.
 */
export function unchanged({ _id, workspace_id, changes, last_message_at, updated_at }: ThreadRow) {
  return { _id, workspace_id, changes, last_message_at, updated_at };
}
