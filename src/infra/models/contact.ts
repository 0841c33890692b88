import { nullableDate, requiredString, rowSchema, text } from './schema.ts';

/** A person outside the workspace, unique in it by normalised address. */
export interface ContactRow {
  /** Hash of workspace and address, so that concurrent steps make only one row. */
  _id: string;
  workspace_id: string;
  /** Normalised, plus-tag kept. */
  email: string;
  name: string;
  /**
   * Audiences whose mail made this contact known. Only they see it: one known through personal mail is seen
   * by its user.
   */
  audiences: string[];
  created_at: Date;
  /** For members only. */
  notes: string;
  /**
   * Since when the contact is blocked: its mail is stored, but opens no thread
   * (core/threads/applyToThread.ts).
   */
  blocked_at: Date | null;
  /**
   * The contact into which this one was merged. Missing if it was not, because the index below needs that.
   */
  merged_into?: string;
  /** Words of name and address for the search (mail/searchWords.ts). */
  words: string[];
  /** Raised with every change by a person: compare and set, and the ETag. */
  changes: number;
  /** Time of the last change by a person, at first `created_at`. */
  updated_at: Date;
}
export const contactSchema = rowSchema<ContactRow>({
  _id: String,
  workspace_id: requiredString,
  email: requiredString,
  name: text,
  audiences: [String],
  created_at: Date,
  notes: text,
  blocked_at: nullableDate,
  merged_into: String,
  words: [String],
  changes: { type: Number, default: 0 },
  updated_at: Date,
});
contactSchema.index({ workspace_id: 1, email: 1 }, { unique: true });
contactSchema.index({ workspace_id: 1, audiences: 1, created_at: -1, _id: -1 });
contactSchema.index({ workspace_id: 1, words: 1 });
contactSchema.index(
  { workspace_id: 1, merged_into: 1 },
  { partialFilterExpression: { merged_into: { $exists: true } } },
);
