import { requiredString, rowSchema } from './schema.ts';

/**
 * A claim on a Message-Id in one audience, made by inserting this row. Mails that have or name that id find
 * the claim, so that two concurrent posts do not make two threads.
 */
export interface ThreadIdRow {
  /**
   * Hash of workspace, audience and Message-Id; if there are earlier claims on that id, of its position too.
   */
  _id: string;
  workspace_id: string;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  /** `own`: claimed by the mail that has this id; `parent`: by a mail that answers it, before it arrived. */
  claimed_as: 'own' | 'parent';
  /**
   * Hashes of the claimer's From, Reply-To, To and Cc when it opens the thread, because they take part even
   * before its message is stored. Otherwise empty.
   */
  people: string[];
  /**
   * Another mail has joined this thread through the claim, so the claim can no longer move to another thread.
   */
  joined: boolean;
  inbound_email_id: string;
  created_at: Date;
}
export const threadIdSchema = rowSchema<ThreadIdRow>({
  _id: String,
  workspace_id: requiredString,
  thread_kind: requiredString,
  thread_id: requiredString,
  claimed_as: requiredString,
  people: [String],
  joined: { type: Boolean, default: false },
  inbound_email_id: requiredString,
  created_at: Date,
});
threadIdSchema.index({ workspace_id: 1, thread_id: 1, people: 1 });
