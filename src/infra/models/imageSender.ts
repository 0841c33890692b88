import { requiredString, rowSchema } from './schema.ts';

/** A member sees the remote images of this sender's mail without being asked. */
export interface ImageSenderRow {
  /** Hash of workspace, user and address. */
  _id: string;
  workspace_id: string;
  user_id: string;
  /** Normalised. */
  address: string;
  created_at: Date;
}
export const imageSenderSchema = rowSchema<ImageSenderRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  address: requiredString,
  created_at: Date,
});
imageSenderSchema.index({ workspace_id: 1, user_id: 1, address: 1 });
imageSenderSchema.index({ workspace_id: 1, user_id: 1, created_at: -1, _id: -1 });
