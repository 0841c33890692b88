import { requiredString, rowSchema } from './schema.ts';

/** A post that repeats another one, whose row names its first hundred repeats itself (`repeats` there). */
export interface RepeatRow {
  /** Hash of the other two. */
  _id: string;
  /** Row of the first post. */
  inbound_email_id: string;
  post_id: string;
}
export const repeatSchema = rowSchema<RepeatRow>({
  _id: String,
  inbound_email_id: requiredString,
  post_id: requiredString,
});
repeatSchema.index({ inbound_email_id: 1, _id: 1 });
