import { nullableString, requiredString, rowSchema } from './schema.ts';

/** A request with an Idempotency-Key, and its answer (api/idempotent.ts). */
export interface KeyedRequestRow {
  /** Hash of workspace, user and key; the key itself is not stored. */
  _id: string;
  workspace_id: string;
  /** Hash of path and body (the method is always POST). */
  request_hash: string;
  /**
   * Encrypted with a key derived from the Idempotency-Key, because an answer may hold a secret. Null: not
   * answered yet.
   */
  answer: string | null;
  /**
   * A lease: until then a repeated request waits; later it may be done again, because its process has died.
   */
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
/** A key may be reused after a day. */
keyedRequestSchema.index({ created_at: 1 }, { expireAfterSeconds: 24 * 60 * 60 });
keyedRequestSchema.index({ workspace_id: 1, created_at: 1 });
