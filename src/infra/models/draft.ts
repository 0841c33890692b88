import type { Address } from '../../mail/addresses.ts';
import { address, nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

export const DRAFT_KINDS = ['reply', 'note', 'new'] as const;
export const REPLY_MODES = ['reply', 'reply_all', 'forward'] as const;

/** What a member is writing. Nobody else sees it. */
export interface DraftRow {
  /** Of a reply or note: made of member, thread and kind, so that there is one (core/replies/drafts.ts). */
  _id: string;
  workspace_id: string;
  user_id: string;
  /** `new`: it will open a thread. */
  kind: (typeof DRAFT_KINDS)[number];
  mode: (typeof REPLY_MODES)[number] | null;
  thread_kind: 'ticket' | 'conversation';
  /** Null for kind `new`. */
  thread_id: string | null;
  /** The message that it answers or forwards. */
  message_id: string | null;
  /** As typed: an address that is none yet is kept as the `email`. Null: the defaults. */
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[] | null;
  subject: string | null;
  sending_email: string | null;
  text: string;
  /** As written, not sanitised: it is only shown to its writer, and sanitised when it is sent. */
  html: string | null;
  /** Ids of uploads. */
  attachments: string[];
  /** The message that is quoted below it. */
  quote: string | null;
  send_at: Date | null;
  /**
   * The message that it became. Until this message can no longer be taken back the draft is kept, so that it
   * comes back as it was.
   */
  sent_as: string | null;
  /** The message that was taken back and became this draft. */
  taken_back: string | null;
  /** When a draft that was sent is deleted. */
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** Raised with every change: compare and set, and the ETag. */
  changes: number;
}

const people = { type: [address], default: null } as const;

export const draftSchema = rowSchema<DraftRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  kind: requiredString,
  mode: nullableString,
  thread_kind: requiredString,
  thread_id: nullableString,
  message_id: nullableString,
  to: people,
  cc: people,
  bcc: people,
  subject: nullableString,
  sending_email: nullableString,
  text,
  html: nullableString,
  attachments: [String],
  quote: nullableString,
  send_at: nullableDate,
  sent_as: nullableString,
  taken_back: nullableString,
  expires_at: nullableDate,
  created_at: Date,
  updated_at: Date,
  changes: { type: Number, default: 0 },
});
draftSchema.index({ workspace_id: 1, user_id: 1, sent_as: 1, updated_at: -1, _id: -1 });
draftSchema.index({ workspace_id: 1, user_id: 1, sent_as: 1, thread_id: 1, updated_at: -1, _id: -1 });
// Which uploads are still wanted (activities/retention/deleteOldUploads.ts).
draftSchema.index({ workspace_id: 1, attachments: 1 });
draftSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
