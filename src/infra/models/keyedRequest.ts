import { nullableString, requiredString, rowSchema } from './schema.ts';

/** A request with an Idempotency-Key, and what it was answered (api/idempotent.ts). */
export interface KeyedRequestRow {
  /** Hash of workspace, user and key; the key itself is nowhere. */
  _id: string;
  workspace_id: string;
  /** Of path and body: all of them are POSTs. */
  request_hash: string;
  /** Encrypted with a key that is made of the Idempotency-Key: an answer may hold a secret. Null: not answered yet. */
  answer: string | null;
  /** Until then whoever asks again waits; later it may be done again: its process has died. */
  working_until: Date;
  created_at: Date;
}
export const keyedRequestSchema = rowSchema<KeyedRequestRow>({
  _id: String,
  workspace_id: requiredString,
  request_hash: requiredString,
  answer: nullableString,
  working_until: Date,
  created_at: Date,
});
/** Keys may be used anew after a day. */
keyedRequestSchema.index({ created_at: 1 }, { expireAfterSeconds: 24 * 60 * 60 });
keyedRequestSchema.index({ workspace_id: 1, created_at: 1 });
