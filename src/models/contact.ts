import { requiredString, rowSchema, text } from './schema.ts';

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
}
export const contactSchema = rowSchema<ContactRow>({
  _id: String,
  workspace_id: requiredString,
  email: requiredString,
  name: text,
  audiences: [String],
  created_at: Date,
});
contactSchema.index({ workspace_id: 1, email: 1 }, { unique: true });
contactSchema.index({ workspace_id: 1, audiences: 1, created_at: -1, _id: -1 });
