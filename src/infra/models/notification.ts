import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

export const NOTIFICATION_TYPES = [
  'new_thread',
  'new_message',
  'assigned',
  'mentioned',
  'delivery_failed',
  'verified',
  'verification_broken',
  'replies_left',
] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** A notification to a member, shown in the app and, if the member wants it, mailed. */
export interface NotificationRow {
  /** Hash of event and user. */
  _id: string;
  workspace_id: string;
  user_id: string;
  type: NotificationType;
  thread_kind: 'ticket' | 'conversation' | null;
  thread_id: string | null;
  message_id: string | null;
  workspace_email_id: string | null;
  domain_id: string | null;
  /** The user who did it; null: mail, or the workspace's own work. */
  actor_id: string | null;
  read_at: Date | null;
  /** Null: it is not mailed. */
  mail: 'wanted' | 'sending' | 'sent' | 'failed' | null;
  /** Not mailed before this. */
  mail_at: Date | null;
  created_at: Date;
}
export const notificationSchema = rowSchema<NotificationRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  type: requiredString,
  thread_kind: nullableString,
  thread_id: nullableString,
  message_id: nullableString,
  workspace_email_id: nullableString,
  domain_id: nullableString,
  actor_id: nullableString,
  read_at: nullableDate,
  mail: nullableString,
  mail_at: nullableDate,
  created_at: Date,
});
notificationSchema.index({ workspace_id: 1, user_id: 1, created_at: -1, _id: -1 });
notificationSchema.index({ workspace_id: 1, user_id: 1, read_at: 1, created_at: -1, _id: -1 });
notificationSchema.index({ mail: 1, mail_at: 1 }, { partialFilterExpression: { mail: 'wanted' } });
notificationSchema.index({ created_at: 1 }, { expireAfterSeconds: 90 * 24 * 60 * 60 });
