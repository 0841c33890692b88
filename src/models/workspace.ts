import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** Where a workspace does not say otherwise. */
export const UNDO_SECONDS = 10;

/** The tenant: everything belongs to exactly one. */
export interface WorkspaceRow {
  _id: string;
  name: string;
  /** Local part of its address on the platform's domain; workspaces made before there were slugs lack it. */
  slug?: string | null;
  /** Number of the last ticket; the next one takes `$inc`. Gaps are allowed, duplicates are not. */
  last_ticket_number: number;
  /** Seconds that a reply waits before it goes out, and can be taken back. */
  undo_seconds: number;
  created_at: Date;
}
export const workspaceSchema = rowSchema<WorkspaceRow>({
  _id: String,
  name: requiredString,
  slug: nullableString,
  last_ticket_number: { type: Number, default: 0 },
  undo_seconds: { type: Number, default: UNDO_SECONDS },
  created_at: Date,
});

export interface UserRow {
  _id: string;
  email: string;
  name: string;
  created_at: Date;
}
export const userSchema = rowSchema<UserRow>({
  _id: String,
  email: requiredString,
  name: text,
  created_at: Date,
});
userSchema.index({ email: 1 }, { unique: true });

export interface MemberRow {
  /** `<workspace id>/<user id>`. */
  _id: string;
  workspace_id: string;
  user_id: string;
  role: 'owner' | 'member';
  /** Their notifications go to them by mail too. Absent: no. */
  notify_by_mail?: boolean;
}
export const memberSchema = rowSchema<MemberRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  role: requiredString,
  notify_by_mail: { type: Boolean, default: false },
});
memberSchema.index({ workspace_id: 1, user_id: 1 }, { unique: true });

/** A bearer token of a user in a workspace; only its hash is kept. */
export interface TokenRow {
  /** SHA-256 of the token, hex. */
  _id: string;
  workspace_id: string;
  user_id: string;
  revoked_at: Date | null;
  created_at: Date;
}
export const tokenSchema = rowSchema<TokenRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  revoked_at: nullableDate,
  created_at: Date,
});
