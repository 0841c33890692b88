import { nullableDate, requiredString, rowSchema, text } from './schema.ts';

/** A person outside, unique by normalised address in a workspace. */
export interface ContactRow {
  /** Hash of workspace and address: two steps at once make one. */
  _id: string;
  workspace_id: string;
  /** Normalised, plus-tag kept. */
  email: string;
  name: string;
  /** Audiences whose mail made this contact known; one known only through somebody's personal mail is seen by them only. */
  audiences: string[];
  created_at: Date;
  // Rows written before there were these lack them.
  /** For us only. */
  notes?: string;
  /** Their mail is kept, and opens nothing (core/threads/applyToThread.ts). */
  blocked_at?: Date | null;
  /** Their mail is that contact's now. Missing unless it is. */
  merged_into?: string;
  /** Of name and address, to search by (core/threads/searchWords.ts). */
  words?: string[];
  /** Raised with every change by a person; both are missing before the first. */
  changes?: number;
  updated_at?: Date;
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
  words: { type: [String], default: undefined },
  changes: Number,
  updated_at: Date,
});
contactSchema.index({ workspace_id: 1, email: 1 }, { unique: true });
contactSchema.index({ workspace_id: 1, audiences: 1, created_at: -1, _id: -1 });
contactSchema.index({ workspace_id: 1, words: 1 });
contactSchema.index(
  { workspace_id: 1, merged_into: 1 },
  { partialFilterExpression: { merged_into: { $exists: true } } },
);
