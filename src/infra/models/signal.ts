import { nullableString, requiredString, rowSchema } from './schema.ts';

export const SIGNAL_TYPES = ['thread.presence', 'thread.read', 'draft.updated'] as const;

/**
 * Something that is only of interest at this moment: clients that listen receive it, and it is deleted within
 * a minute. Unlike an event it is not received later.
 */
export interface SignalRow {
  /** Hash of what it is about: the next signal about the same takes its place. */
  _id: string;
  workspace_id: string;
  /** Who receives it: that of the thread, or `owner:<user id>` for one user's own devices. */
  audience: string;
  type: (typeof SIGNAL_TYPES)[number];
  /** Whose presence, read state or draft it is. */
  user_id: string;
  thread_kind: 'ticket' | 'conversation' | null;
  thread_id: string | null;
  /** Of a draft. */
  draft_id: string | null;
  /** Presence: the user has the thread open, and is writing in it. */
  viewing: boolean;
  writing: boolean;
  /** Read state: the user has read the thread. */
  read: boolean;
  at: Date;
  /** When it no longer holds. */
  expires_at: Date;
}
export const signalSchema = rowSchema<SignalRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  type: requiredString,
  user_id: requiredString,
  thread_kind: nullableString,
  thread_id: nullableString,
  draft_id: nullableString,
  viewing: { type: Boolean, default: false },
  writing: { type: Boolean, default: false },
  read: { type: Boolean, default: false },
  at: Date,
  expires_at: Date,
});
signalSchema.index({ workspace_id: 1, thread_id: 1, audience: 1, expires_at: 1 });
signalSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
