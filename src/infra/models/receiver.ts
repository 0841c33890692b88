import { requiredString, rowSchema } from './schema.ts';

/**
 * The one email, in all workspaces, that receives for an address. A row of its own, inserted and deleted,
 * instead of a partial unique index on the emails, because that index does not work after a row was changed.
 * Stand-in: docs/decisions/stand-in-database.md
 */
export interface ReceiverRow {
  /** The address, normalised. */
  _id: string;
  workspace_email_id: string;
  created_at: Date;
}
export const receiverSchema = rowSchema<ReceiverRow>({
  _id: String,
  workspace_email_id: requiredString,
  created_at: Date,
});
