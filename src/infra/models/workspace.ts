import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** What a token may be for. None implies another: a token that only makes tickets need not read any. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

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
  /** Raised by each change of its members, so that two at once cannot both pass (core/access/members.ts). */
  member_changes?: number;
  created_at: Date;
}
export const workspaceSchema = rowSchema<WorkspaceRow>({
  _id: String,
  name: requiredString,
  slug: nullableString,
  last_ticket_number: { type: Number, default: 0 },
  undo_seconds: { type: Number, default: UNDO_SECONDS },
  member_changes: { type: Number, default: 0 },
  created_at: Date,
});

export interface UserRow {
  _id: string;
  email: string;
  name: string;
  /** Argon2id; absent or null: there is none yet. */
  password_hash?: string | null;
  /** When a link that was only mailed was used: the address is theirs. An owner who was shown a link proves nothing. */
  proved_at?: Date | null;
  created_at: Date;
}
export const userSchema = rowSchema<UserRow>({
  _id: String,
  email: requiredString,
  name: text,
  password_hash: nullableString,
  proved_at: nullableDate,
  created_at: Date,
});
userSchema.index({ email: 1 }, { unique: true });

export const ROLES = ['owner', 'member'] as const;
export type Role = (typeof ROLES)[number];

export interface MemberRow {
  /** `<workspace id>/<user id>`. */
  _id: string;
  workspace_id: string;
  user_id: string;
  role: Role;
  /** Their notifications go to them by mail too. Absent: no. */
  notify_by_mail?: boolean;
  /** The workspace is being deleted: it is shut to them since. Absent unless it is. */
  shut_at?: Date;
}
export const memberSchema = rowSchema<MemberRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  role: requiredString,
  notify_by_mail: { type: Boolean, default: false },
  shut_at: Date,
});
memberSchema.index({ workspace_id: 1, user_id: 1 }, { unique: true });
memberSchema.index({ user_id: 1 });

/** A bearer token of a user in a workspace; only its hash is kept. Rows of before there were scopes lack the optional ones. */
export interface TokenRow {
  /** SHA-256 of the token, hex. */
  _id: string;
  workspace_id: string;
  user_id: string;
  name?: string;
  /** How it begins, for people; it does not help to guess the rest. */
  prefix?: string;
  /** Null or absent: all that the user's role may do. */
  scopes?: Scope[] | null;
  expires_at?: Date | null;
  /** To the minute. */
  last_used_at?: Date | null;
  revoked_at: Date | null;
  created_at: Date;
}
export const tokenSchema = rowSchema<TokenRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  name: text,
  prefix: text,
  scopes: { type: [String], default: null },
  expires_at: nullableDate,
  last_used_at: nullableDate,
  revoked_at: nullableDate,
  created_at: Date,
});
tokenSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
tokenSchema.index({ workspace_id: 1, user_id: 1, created_at: -1, _id: -1 });
