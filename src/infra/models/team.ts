import { requiredString, rowSchema, text } from './schema.ts';

/** A named group of members. Who is in it stands on the members' rows, so that it ends with the membership. */
export interface TeamRow {
  _id: string;
  workspace_id: string;
  name: string;
  created_at: Date;
  /** Raised whenever an address is given to it, so that a concurrent deletion fails. */
  given?: number;
}
export const teamSchema = rowSchema<TeamRow>({
  _id: String,
  workspace_id: requiredString,
  name: text,
  created_at: Date,
  given: Number,
});
teamSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
