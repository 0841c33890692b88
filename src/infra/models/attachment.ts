import { nullableString, requiredString, rowSchema, text } from './schema.ts';

export const ATTACHMENT_STATES = ['pending', 'stored', 'failed', 'too_large'] as const;

/** A file of one message; its bytes are at `key`, never shared with another message. */
export interface AttachmentRow {
  /** Hash of message and position, so that a retry makes the same row. */
  _id: string;
  workspace_id: string;
  audience: string;
  /** Empty for an uploaded file that belongs to no message yet; then its audience is its uploader. */
  message_id: string;
  /** Position among the mail's files, from 0. */
  position: number;
  filename: string;
  content_type: string;
  /** Bytes; the provider's figure until the file is stored. */
  size: number | null;
  /** The HTML shows it (cid:); lists for people leave it out. */
  inline: boolean;
  /** Without angle brackets. */
  content_id: string | null;
  state: (typeof ATTACHMENT_STATES)[number];
  /** Why the file is not stored, for a person. */
  reason: string | null;
  /** Storage key `attachments/<workspace>/<message>/<hash>`; null until stored. */
  key: string | null;
  created_at: Date;
  /** Only of an upload with an Idempotency-Key: hash of what was uploaded under that key. */
  request_hash?: string;
  /** Only of a copy that was made for a message: the file that it is a copy of. */
  copy_of?: string;
}
export const attachmentSchema = rowSchema<AttachmentRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  message_id: text,
  position: Number,
  filename: text,
  content_type: text,
  size: { type: Number, default: null },
  inline: { type: Boolean, default: false },
  content_id: nullableString,
  state: requiredString,
  reason: nullableString,
  key: nullableString,
  created_at: Date,
  request_hash: String,
  copy_of: String,
});
attachmentSchema.index({ workspace_id: 1, message_id: 1, position: 1 });
// Uploads that belong to no message.
attachmentSchema.index({ message_id: 1, created_at: 1 });
