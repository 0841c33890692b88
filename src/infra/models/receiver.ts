import { requiredString, rowSchema } from './schema.ts';

/**
 * Which email receives for an address: one at most, of all workspaces. A row of its own, made and deleted, in place of a unique index
 * on the emails: SecantusDB 0.5.3 keeps what a row had in a unique index before it was changed.
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
