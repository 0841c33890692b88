import { requiredString, rowSchema, text } from './schema.ts';

/** A list of threads that a member has saved. */
export interface SavedViewRow {
  _id: string;
  workspace_id: string;
  /** `shared`: every member sees it; `owner:<user id>`: that user alone. */
  audience: string;
  name: string;
  /** Threads that match one of these. Each is the parameters of a list of threads, as they were given. */
  any: Record<string, string>[];
  /** As the parameter of a list of threads. */
  sort: string;
  created_at: Date;
  updated_at: Date;
  /** Raised with every change: compare and set, and the ETag. */
  version: number;
}
export const savedViewSchema = rowSchema<SavedViewRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  name: text,
  any: [Object],
  sort: requiredString,
  created_at: Date,
  updated_at: Date,
  version: { type: Number, default: 0 },
});
savedViewSchema.index({ workspace_id: 1, audience: 1, created_at: -1, _id: -1 });
