import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/** What a token may do. No scope includes another: a token that only makes tickets need not read any. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Default of `undo_seconds`. */
export const UNDO_SECONDS = 10;

/** The tenant: every row belongs to exactly one workspace. */
export interface WorkspaceRow {
  _id: string;
  name: string;
  /**
   * Local part of its address on the platform's domain; null until that address has been made
   * (addresses/slug.ts).
   */
  slug: string | null;
  /** Number of the last ticket; `$inc` gives the next one. Gaps are allowed, duplicates are not. */
  last_ticket_number: number;
  /** Seconds for which a reply waits, and can be cancelled, before it is sent. */
  undo_seconds: number;
  /**
   * Raised with every change of its members, so that concurrent changes conflict (core/access/members.ts).
   */
  member_changes: number;
  /** Since when the workspace is being deleted: nothing of it is sent any more. */
  shut_at?: Date | null;
  created_at: Date;
}
export const workspaceSchema = rowSchema<WorkspaceRow>({
  _id: String,
  name: requiredString,
  slug: nullableString,
  last_ticket_number: { type: Number, default: 0 },
  undo_seconds: { type: Number, default: UNDO_SECONDS },
  member_changes: { type: Number, default: 0 },
  shut_at: nullableDate,
  created_at: Date,
});

export interface UserRow {
  _id: string;
  email: string;
  name: string;
  /** Argon2id; null: no password is set. */
  password_hash: string | null;
  /** When the user first used a link that was only mailed, which proves that the address is theirs. */
  proved_at: Date | null;
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
  /** Notifications are mailed to the member too. */
  notify_by_mail: boolean;
  /** Teams of the workspace that the member is in. */
  team_ids: string[];
  /** Since when the member is locked out, because the workspace is being deleted. */
  shut_at: Date | null;
  /**
   * Since when the user has been added and has not accepted: until then they have no access. Null or missing:
   * they are a member.
   */
  pending_since?: Date | null;
  /** What the owner who added them calls them: the workspace sees their own name once they have accepted. */
  invited_name?: string | null;
  /** How the page works for the member; missing: nothing was set. */
  settings?: Partial<MemberSettings>;
}

export const THEMES = ['system', 'light', 'dark'] as const;

/** What a member sets for themselves. */
export interface MemberSettings {
  /** HTML below what the member writes; sanitised. Null: none. */
  signature: string | null;
  /** Keys of the page work. */
  keys_on: boolean;
  /** After a thread is closed the next one opens. */
  next_after_close: boolean;
  theme: (typeof THEMES)[number];
  /** Notices of the browser while the page is open. */
  desktop_notices: boolean;
}
/** Filter for those who are members: not for those who have been added and have not accepted. */
export const ACCEPTED = { pending_since: null } as const;

export const memberSchema = rowSchema<MemberRow>({
  _id: String,
  workspace_id: requiredString,
  user_id: requiredString,
  role: requiredString,
  notify_by_mail: { type: Boolean, default: false },
  team_ids: [String],
  shut_at: nullableDate,
  pending_since: nullableDate,
  invited_name: nullableString,
  settings: Object,
});
memberSchema.index({ workspace_id: 1, user_id: 1 }, { unique: true });
memberSchema.index({ user_id: 1 });
memberSchema.index({ workspace_id: 1, team_ids: 1 });

/** A bearer token of a user in a workspace; only its hash is stored. */
export interface TokenRow {
  /** SHA-256 of the token, hex. */
  _id: string;
  workspace_id: string;
  user_id: string;
  name: string;
  /** The token's first characters, for people; they do not help to guess the rest. */
  prefix: string;
  /** Null: everything that the user's role allows. */
  scopes: Scope[] | null;
  expires_at: Date | null;
  /** Precise to the minute. */
  last_used_at: Date | null;
  revoked_at: Date | null;
  /** Made in a session, or by a token that was. Missing: not, or stored before it was kept. */
  made_in_session?: boolean;
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
  made_in_session: Boolean,
  created_at: Date,
});
tokenSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
tokenSchema.index({ workspace_id: 1, user_id: 1, created_at: -1, _id: -1 });
