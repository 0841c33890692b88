import type { ThreadFields } from './outbound.ts';
import { nullableString, requiredString, rowSchema, text } from './schema.ts';

/** A text that agents put into what they write. */
export interface SnippetRow {
  _id: string;
  workspace_id: string;
  /** `shared`: every member sees it; `owner:<user id>`: that user alone. */
  audience: string;
  name: string;
  /** Typed to find it; null: it has none. */
  shortcut: string | null;
  text: string;
  /** Sanitised. */
  html: string | null;
  /** How a message with it changes its thread. */
  thread_change: ThreadFields | null;
  created_at: Date;
  updated_at: Date;
  /** Raised with every change: compare and set, and the ETag. */
  version: number;
}
export const snippetSchema = rowSchema<SnippetRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  name: text,
  shortcut: nullableString,
  text,
  html: nullableString,
  thread_change: { type: Object, default: null },
  created_at: Date,
  updated_at: Date,
  version: { type: Number, default: 0 },
});
snippetSchema.index({ workspace_id: 1, audience: 1, created_at: -1, _id: -1 });
