import { requiredString, rowSchema } from './schema.ts';

/**
 * A claim on a Message-Id in one audience: mails that carry or name it meet here, so that two posts at the same moment
 * do not make two threads (design: "claim by insert").
 */
export interface ThreadIdRow {
  /** Hash of workspace, audience and Message-Id; behind other claims on that id, of its place too. */
  _id: string;
  workspace_id: string;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  /** `own`: claimed by the mail that carries this id; `parent`: by one that answers it, before it was seen. */
  claimed_as: 'own' | 'parent';
  /**
   * Hashes of the claimer's From, Reply-To, To and Cc where it opens the thread: they take part before its message is
   * stored. Else empty.
   */
  people: string[];
  /** Another mail has joined this thread through the claim: its mail stays there. Missing = no. */
  joined?: boolean;
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
  joined: Boolean,
  inbound_email_id: requiredString,
  created_at: Date,
});
threadIdSchema.index({ workspace_id: 1, thread_id: 1, people: 1 });
