import { requiredString, rowSchema } from './schema.ts';

/** A provider's single-use token that was used: the same token with other content is a replay. */
export interface PostTokenRow {
  /** SHA-256 of the token, hex. */
  _id: string;
  content_hash: string;
  created_at: Date;
}
export const postTokenSchema = rowSchema<PostTokenRow>({
  _id: String,
  content_hash: requiredString,
  created_at: Date,
});
// Longer than a signature is accepted (MAILGUN_SIGNATURE_HOURS, at most 24).
postTokenSchema.index({ created_at: 1 }, { expireAfterSeconds: 2 * 24 * 60 * 60 });
