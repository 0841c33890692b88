import { requiredString, rowSchema } from './schema.ts';

/**
 * An address on the platform's domain, and the workspace to which it was given. The row is never deleted, so
 * that the address is never given to another workspace.
 */
export interface PlatformAddressRow {
  /** The address, normalised. */
  _id: string;
  workspace_id: string;
  created_at: Date;
}
export const platformAddressSchema = rowSchema<PlatformAddressRow>({
  _id: String,
  workspace_id: requiredString,
  created_at: Date,
});
